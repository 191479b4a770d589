//! Where ascents start: vertices of the cube, and inner points.
//!
//! A vertex drawn coin by coin lies on the usual side of few hyperplanes. The vertex `sign(Σ_k l_k·a_k)`, for the
//! coefficients `a_k` of a network's first hyperplanes and random `l_k`, is the one farthest out in a direction that
//! the network can see; large differences are found from there far more often. Inner points reach what no vertex
//! shows.

use crate::net::Draw;

/// The next start is a vertex drawn coin by coin, one towards a direction, or an inner point, in turn.
const KINDS: usize = 4;
/// Bits of an inner point's coordinates.
const DIGITS: u32 = 20;

/// The centre and two opposite vertices: what is tried before anything else.
pub(super) fn first(inputs: usize) -> [Vec<f64>; 3] {
    [0.0, 1.0, -1.0].map(|y| vec![y; inputs])
}

/// An endless sequence of points of the cube, the same for the same seed.
pub(super) struct Starts<'a> {
    inputs: usize,
    /// Coefficients of hyperplanes, of each network.
    planes: [Vec<&'a [f64]>; 2],
    count: usize,
    vertices: Draw,
    directions: Draw,
    inner: Draw,
}

impl<'a> Starts<'a> {
    /// Starts for networks whose first hyperplanes have these coefficients; `[inputs]` of each row are read.
    pub(super) fn new(inputs: usize, planes: [Vec<&'a [f64]>; 2], seed: u64) -> Self {
        let draw = |purpose| Draw::new(seed, purpose);
        let (vertices, directions, inner) = (draw("audit"), draw("audit directions"), draw("audit inner points"));
        Self { inputs, planes, count: 0, vertices, directions, inner }
    }

    /// The next point.
    pub(super) fn next(&mut self) -> Vec<f64> {
        self.count += 1;
        match self.count % KINDS {
            1 => self.towards(0),
            2 => self.vertex(),
            3 => self.towards(1),
            _ => self.inner(),
        }
    }

    /// An inner point.
    pub(super) fn inner(&mut self) -> Vec<f64> {
        (0..self.inputs).map(|_| self.inner.dyadic(DIGITS)).collect()
    }

    fn vertex(&mut self) -> Vec<f64> {
        (0..self.inputs).map(|_| self.vertices.dyadic(1).signum()).collect()
    }

    /// The vertex farthest out in a random direction of one network's hyperplanes.
    fn towards(&mut self, network: usize) -> Vec<f64> {
        let mut direction = vec![0.0; self.inputs];
        for plane in &self.planes[network] {
            let factor = self.directions.normal();
            direction.iter_mut().zip(*plane).for_each(|(sum, a)| *sum += factor * a);
        }
        // An input that no hyperplane sees gets a side all the same.
        direction.iter().map(|x| if *x < 0.0 { -1.0 } else { 1.0 }).collect()
    }
}

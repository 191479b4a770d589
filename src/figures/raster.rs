//! Drawings as PNG: twice the size of the SVG, in its light colours, with a font that comes along.

use epaint_default_fonts::UBUNTU_LIGHT;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Pixels for a length of one.
const SCALE: f32 = 2.0;

/// Renders an SVG file; errors in words.
pub(super) fn png(svg: &str) -> Result<Vec<u8>, String> {
    let mut options = Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_font_data(UBUNTU_LIGHT.to_vec());
    // Whatever a drawing asks for, this is the font that there is on every machine.
    let family = fonts.faces().next().and_then(|face| face.families.first()).map(|(name, _)| name.clone());
    fonts.set_sans_serif_family(family.unwrap_or_default());
    let tree = Tree::from_str(svg, &options).map_err(|e| format!("the drawing does not read as SVG: {e}"))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("the drawing has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("the drawing is too large")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| format!("the drawing cannot be encoded: {e}"))
}

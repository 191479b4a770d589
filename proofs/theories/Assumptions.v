(** Prints the axioms under every headline theorem; check_assumptions.sh compares the
    set of names with assumptions.allow, and this list with the tables in README.md. *)
From Exactract Require Bounds Relu SecondDifference CriticalPoint RelativeSign GlobalSign
  Canonical CanonicalUnique B64 Separation LineSearch Ball Gamma EquivCheck CanonCheck SupCheck LinCheck Load
  Linear LeastSquares.
Print Assumptions Bounds.sign_certificate.
Print Assumptions Bounds.ratio_bound.
Print Assumptions Bounds.crossing_bound.
Print Assumptions Relu.equiv_perm_scale.
Print Assumptions Relu.flip_affine.
Print Assumptions Relu.sup_norm_bound.
Print Assumptions SecondDifference.second_difference.
Print Assumptions SecondDifference.second_difference_error.
Print Assumptions CriticalPoint.critical_point.
Print Assumptions CriticalPoint.critical_point_several.
Print Assumptions CriticalPoint.critical_point_error.
Print Assumptions CriticalPoint.critical_point_error_several.
Print Assumptions CriticalPoint.slope_error.
Print Assumptions RelativeSign.relative_sign.
Print Assumptions RelativeSign.relative_sign_error.
Print Assumptions RelativeSign.relative_sign_margin.
Print Assumptions RelativeSign.projection.
Print Assumptions RelativeSign.axis_differences.
Print Assumptions GlobalSign.global_sign.
Print Assumptions GlobalSign.global_sign_error.
Print Assumptions Canonical.canonical_form.
Print Assumptions CanonicalUnique.canonical_form_unique.
Print Assumptions B64.rnd_error.
Print Assumptions Separation.kinks_apart.
Print Assumptions Separation.line_is_followed.
Print Assumptions Separation.kink_is_alone.
Print Assumptions LineSearch.stored_kink_is_alone.
Print Assumptions Ball.badd_ok.
Print Assumptions Ball.bsub_ok.
Print Assumptions Ball.bmul_ok.
Print Assumptions Ball.bdiv_ok.
Print Assumptions Ball.brelu_ok.
Print Assumptions Ball.bsign_ok.
Print Assumptions Ball.bnet_ok.
Print Assumptions Gamma.dot_gamma.
Print Assumptions Gamma.dot_gamma_normal.
Print Assumptions Gamma.forward_gamma.
Print Assumptions Gamma.second_difference_rounded.
Print Assumptions EquivCheck.equiv_check_BQ_sound.
Print Assumptions CanonCheck.canonical_check_BQ_sound.
Print Assumptions SupCheck.sup_eps_check_sound.
Print Assumptions LinCheck.lin_check_sound.
Print Assumptions Load.of_f64_exact.
Print Assumptions Load.net_f64_exact.
Print Assumptions Linear.square_bound.
Print Assumptions Linear.least_squares_bound.
Print Assumptions Linear.perturbed_bound.
Print Assumptions LeastSquares.least_squares.
Print Assumptions LeastSquares.least_squares_check_sound.

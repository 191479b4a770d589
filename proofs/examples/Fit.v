(** Candidates within 2^-50 of the least-squares solutions of two right-hand sides.
    [R] is near the inverse of A^T A; how near decides only whether the check succeeds.
    The first right-hand side is consistent, its solution is (1/2, 1/3). *)
From Exactract Require Import LeastSquares Load.
Import ListNotations.

Open Scope float_scope.
Definition A := map vector_f64 [[0x1p+0; 0x1p+0]; [0x1p+1; 0x1p+0]; [0x1.8p+1; 0x1p+0]].
Definition R := map vector_f64 [[0x1p-1; (-0x1p+0)]; [(-0x1p+0); 0x1.2aaaaaaaaaaabp+1]].
Open Scope uint63_scope.
Definition pairs :=
  [ (vector_raw [P [5] [6]; P [4] [3]; P [11] [6]], vector_f64 [0x1p-1; 0x1.5555555555555p-2]%float);
    (vector_raw [P [1] [1]; P [0] [1]; P [0] [1]], vector_f64 [(-0x1p-1); 0x1.5555555555555p+0]%float) ].
Definition eps := of_f64 0x1p-50%float.

Theorem solutions_near :
  least_squares_check 2 A R pairs eps = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Definition solutions := least_squares_check_sound solutions_near.

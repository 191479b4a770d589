(** Two float networks are within 2^-20 of each other, in every output, on all of
    [-1, 1]^2; unit i of the second is matched with [s] times unit [p] of the first. *)
From Coq Require Import Reals Floats List PArith.
From Exactract Require Import B64 Ball EquivCheck SupCheck.
Import ListNotations.

Open Scope float_scope.
Definition first : list (list (list float * float)) :=
  [ [([0x1p+0; 0x1p+1], 0x1p-1); ([(-0x1p+0); 0x1p-2], 0x1p+0)];
    [([0x1p+0; 0x1p+2], 0x1p+0)] ].
Definition second : list (list (list float * float)) :=
  [ [([(-0x1p-1); 0x1.000001p-3], 0x1p-1); ([0x1p+0; 0x1p+1], 0x1.000002p-1)];
    [([0x1p+3; 0x1p+0], 0x1p+0)] ].
Definition box := [0x1p+0; 0x1p+0].
Definition units := [[(2%positive, 0x1p-1); (1%positive, 0x1p+0)]].
Definition eps := 0x1p-20.

Theorem near : forall x, Forall2 (fun B y => (Rabs y <= fR B)%R) box x ->
  forall i, (i < 1)%nat -> (Rabs (nth i (Rnet second x) 0 - nth i (Rnet first x) 0) <= fR eps)%R.
Proof.
  apply sup_eps_check_sound with (cert := units).
  vm_cast_no_check (eq_refl true).
Qed.

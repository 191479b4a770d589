(** A bound on the error of a float solution of a linear system whose matrix and right
    side are known up to 2^-40; [R] is a float inverse.  The bound is computed here. *)
From Coq Require Import Reals Floats List.
From Exactract Require Import B64 Relu Ball LinCheck.
Import ListNotations.

Open Scope float_scope.
Definition A := [[Ball 0x1p+1 0x1p-40; Ball 0x1p+0 0x1p-40]; [Ball 0x1p+0 0x1p-40; Ball 0x1.8p+1 0x1p-40]].
Definition b := [Ball 0x1p+0 0x1p-40; Ball 0x1p+1 0x1p-40].
Definition R := [[0x1.3333333333333p-1; (-0x1.999999999999ap-3)]; [(-0x1.999999999999ap-3); 0x1.999999999999ap-2]].
Definition candidate := [0x1.999999999999ap-3; 0x1.3333333333333p-1].
Definition bound := Eval vm_compute in lin_check A b R candidate.

Theorem near : forall M x, Forall2 benc A M -> length x = 2%nat -> benc b (mulv M x) ->
  forall i, (Rabs (nth i x 0 - nth i (map fR candidate) 0) <= fR bound)%R.
Proof.
  intros M x HA L HB i. change bound with (lin_check A b R candidate).
  apply lin_check_sound with (rA := M); [ exact HA | exact L | exact HB |].
  vm_cast_no_check (eq_refl true).
Qed.

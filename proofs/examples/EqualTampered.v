(** Equal.v with one weight of the second network changed from 9 to 8: the kernel must
    reject it. *)
From Exactract Require Import EquivCheck CanonCheck Load.
Import ListNotations.

Open Scope float_scope.
Definition first_0_0 : list float * float := ([0x1p+0; 0x1p+1], 0x1.8p+1).
Definition first_0_1 : list float * float := ([0x1p+1; 0x1p+2], 0x1.8p+2).
Definition first_0_2 : list float * float := ([0x1p+0; (-0x1p+0)], 0x1p-1).
Definition first_0_3 : list float * float := ([0x0p+0; 0x0p+0], 0x1p+1).
Definition first_0 := [first_0_0; first_0_1; first_0_2; first_0_3].
Definition first_1_0 : list float * float := ([0x1p+0; 0x1p-1; 0x1.8p+1; 0x1p+0], 0x0p+0).
Definition first_1_1 : list float * float := ([(-0x1p+0); 0x1p+0; 0x1p+1; 0x0p+0], 0x1p+0).
Definition first_1 := [first_1_0; first_1_1].
Definition first := [first_0; first_1].

Open Scope uint63_scope.
Definition second_0_0 : list raw * raw := ([M [1] [3]; P [1] [3]], M [1] [6]).
Definition second_0_1 : list raw * raw := ([P [1] [2]; P [1] [1]], P [3] [2]).
Definition second_0_2 : list raw * raw := ([P [1] [1]; M [1] [1]], P [0] [1]).
Definition second_0_3 : list raw * raw := ([M [1] [1]; P [1] [1]], P [0] [1]).
Definition second_0 := [second_0_0; second_0_1; second_0_2; second_0_3].
Definition second_1_0 : list raw * raw := ([P [8] [1]; P [4] [1]; P [3] [1]; M [3] [1]], P [7] [2]).
Definition second_1_1 : list raw * raw := ([P [6] [1]; P [2] [1]; P [2] [1]; M [2] [1]], P [2] [1]).
Definition second_1 := [second_1_0; second_1_1].
Definition second := [second_0; second_1].

Definition planes := layer_f64 [first_0_0; first_0_2] ++ layer_raw [second_0_2].
Definition first_places := [Plane 1 (P [1] [1]); Plane 1 (P [2] [1]); Plane 2 (P [1] [1]); Zero_row].
Definition second_places :=
  [Plane 2 (M [1] [3]); Plane 1 (P [1] [2]); Plane 3 (P [1] [1]); Plane 3 (M [1] [1])].

Theorem equal : forall x, netR _ BigQ.to_Q (net_f64 first) x = netR _ BigQ.to_Q (net_raw second) x.
Proof.
  apply canonical_check_BQ_sound with
    (planes := planes) (ps1 := places first_places) (ps2 := places second_places).
  vm_cast_no_check (eq_refl true).
Qed.

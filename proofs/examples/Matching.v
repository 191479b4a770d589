(** Equality of two networks of two hidden layers, up to a permutation and a positive
    scaling of each: copy unit i of a layer is [s] times unit [p] of the original. *)
From Exactract Require Import EquivCheck Load.
Import ListNotations.

Open Scope float_scope.
Definition first : list (list (list float * float)) :=
  [ [([0x1p+0; 0x1p+1], 0x1p-1); ([(-0x1p+0); 0x1p-2], 0x1p+0)];
    [([0x1p+0; 0x1p+0], 0x0p+0); ([0x1.8p+0; (-0x1p+1)], 0x1p-3)];
    [([0x1p+0; 0x1p+2], 0x1p+0)] ].

Open Scope uint63_scope.
Definition second : list (list (list raw * raw)) :=
  [ [([M [3] [1]; P [3] [4]], P [3] [1]); ([P [1] [1]; P [2] [1]], P [1] [2])];
    [([M [1] [3]; P [3] [4]], P [1] [16]); ([P [1] [3]; P [1] [1]], P [0] [1])];
    [([P [8] [1]; P [1] [1]], P [1] [1])] ].
Definition units := [[(2, P [3] [1]); (1, P [1] [1])]; [(2, P [1] [2]); (1, P [1] [1])]].

Theorem equal : forall x, length x = 2%nat ->
  netR _ BigQ.to_Q (net_f64 first) x = netR _ BigQ.to_Q (net_raw second) x.
Proof.
  apply equiv_check_BQ_sound with (cert := matching units).
  vm_cast_no_check (eq_refl true).
Qed.

(** Robust equivalence certificate for two binary64 ReLU networks, executed in
    binary64 itself: [sup_check] returns per-output bounds (upward rounded);
    whenever they are finite they bound |f2(x) - f1(x)| for EVERY real x in the
    box |x_j| <= X_j.  Hidden neuron i of net 2 is matched with s_i * neuron
    p_i of net 1 (permutation + positive scaling).  Overflow-safe. *)
From Coq Require Import Reals Floats ZArith Lra Psatz Bool List Permutation FMapPositive.
From Flocq Require Import Core IEEE754.BinarySingleNaN IEEE754.PrimFloat.
From Exactract Require Import Bounds B64 Relu Ball EquivCheck.
Import ListNotations.
Open Scope R_scope.

Notation row := (list f64 * f64)%type.
Notation layer := (list row).

Definition mag (b : ball) : f64 := up (abs (mid b) + rad b)%float.
Lemma mag_ok b x : encl b x -> pfin (mag b) = true -> Rabs x <= fR (mag b).
Proof.
  intros E H. destruct (up_add _ _ H) as (F1 & F2 & L). rewrite abs_fin in F1. rewrite fR_abs in L.
  specialize (E ltac:(unfold bfin; rewrite F1, F2; reflexivity)). unfold mag.
  replace x with (fR (mid b) + - (fR (mid b) - x)) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_Ropp. lra.
Qed.

(** exact semantics, right-associated dot product *)
Fixpoint fdot (w : list f64) (h : list R) : R :=
  match w, h with a :: w, y :: h => fR a * y + fdot w h | _, _ => 0 end.
Lemma Rdot_eq w : forall acc h, Rdot acc w h = acc + fdot w h.
Proof.
  induction w as [| a w IH]; intros acc [| y h]; simpl; try ring. rewrite IH. ring.
Qed.
Definition pre (h : list R) (r : row) : R := fdot (fst r) h + fR (snd r).
Lemma Rlayer_eq l h : Rlayer l h = map (pre h) l.
Proof. unfold Rlayer. apply map_ext. intros r. rewrite Rdot_eq. unfold pre. ring. Qed.

(** magnitude bounds for network 1 *)
Definition hb (H : f64) (y : R) : Prop := pfin H = true -> Rabs y <= fR H.
Fixpoint hrow (w Hs : list f64) (acc : f64) : f64 :=
  match w, Hs with
  | a :: w, H :: Hs => hrow w Hs (up (acc + up (abs a * H)))%float
  | [], [] => acc | _, _ => nan end.
Lemma hrow_ok w : forall Hs acc h, Forall2 hb Hs h -> pfin (hrow w Hs acc) = true ->
  pfin acc = true /\ Rabs (fdot w h) + fR acc <= fR (hrow w Hs acc).
Proof.
  induction w as [| a w IH]; intros Hs acc h F; destruct F as [| H y Hs h Hy F]; simpl; try discriminate.
  - intros Fa. split; [ exact Fa | rewrite Rabs_R0; lra ].
  - intros G. destruct (IH _ _ _ F G) as [G1 B].
    destruct (up_add _ _ G1) as (Fa & G2 & L1). destruct (up_mul _ _ G2) as (_ & FH & L2).
    split; [ exact Fa |]. specialize (Hy FH). rewrite fR_abs in L2.
    pose proof (Rabs_triang (fR a * y) (fdot w h)). rewrite Rabs_mult in H0.
    pose proof (Rmult_le_compat_l _ _ _ (Rabs_pos (fR a)) Hy). lra.
Qed.
Definition hlayer (l : layer) (Hs : list f64) : list f64 :=
  map (fun r : row => hrow (fst r) Hs (abs (snd r))) l.
Lemma hlayer_ok l Hs h : Forall2 hb Hs h -> Forall2 hb (hlayer l Hs) (map (pre h) l).
Proof.
  intros F. induction l as [| r l IH]; simpl; constructor; trivial.
  intros G. destruct (hrow_ok _ _ _ _ F G) as [_ B]. rewrite fR_abs in B. unfold pre.
  eapply Rle_trans; [ apply Rabs_triang |]. exact B.
Qed.

(** error rows; state entry = (p, (scale, (err, magnitude of h1_p))) *)
Definition st := list (positive * (f64 * (f64 * f64))).
Definition stok (h1 : list R) (s : positive * (f64 * (f64 * f64))) (y2 : R) : Prop :=
  let '(p, (t, (e, H))) := s in
  (pfin e = true -> Rabs (y2 - fR t * pnth 0 p h1) <= fR e) /\ hb H (pnth 0 p h1).
Definition delta (a2 t s a1 : f64) : ball := bsub (bmul (bexact a2) (bexact t)) (bmul (bexact s) (bexact a1)).
Lemma delta_ok a2 t s a1 : encl (delta a2 t s a1) (fR a2 * fR t - fR s * fR a1).
Proof. apply bsub_ok; apply bmul_ok; apply bexact_ok. Qed.

Fixpoint erow (s : f64) (m : PM.t f64) (w2 : list f64) (c : st) (acc : f64) : f64 :=
  match w2, c with
  | [], [] => acc
  | a2 :: w2, (p, (t, (e, H))) :: c =>
      match PM.find p m with
      | Some a1 => erow s m w2 c
          (up (acc + up (up (abs a2 * e) + up (mag (delta a2 t s a1) * H))))%float
      | None => nan
      end
  | _, _ => nan
  end.
Definition psum (w1 : list f64) (h1 : list R) (ps : list positive) : R :=
  rsum (map (fun p => fR (pnth zero p w1) * pnth 0 p h1) ps).

Lemma erow_ok s w1 h1 c : forall w2 h2 acc, Forall2 (stok h1) c h2 ->
  pfin (erow s (mk 1 w1) w2 c acc) = true -> pfin acc = true /\
  Rabs (fdot w2 h2 - fR s * psum w1 h1 (map fst c)) + fR acc <= fR (erow s (mk 1 w1) w2 c acc).
Proof.
  induction c as [| [p [t [e H]]] c IH]; intros [| a2 w2] h2 acc F; inversion F; subst; simpl; try discriminate.
  - intros Fa. split; [ exact Fa |]. unfold psum; simpl.
    rewrite Rmult_0_r, Rminus_0_r, Rabs_R0. lra.
  - destruct (PM.find p (mk 1 w1)) as [a1 |] eqn:Fp; [| discriminate ].
    intros G. destruct (IH _ _ _ H4 G) as [G1 B].
    destruct (up_add _ _ G1) as (Fa & G2 & L1). destruct (up_add _ _ G2) as (G3 & G4 & L2).
    destruct (up_mul _ _ G3) as (_ & Fe & L3). destruct (up_mul _ _ G4) as (Fm & FH & L4).
    split; [ exact Fa |].
    simpl in H2. destruct H2 as [He HH]. specialize (He Fe). specialize (HH FH).
    pose proof (mag_ok _ _ (delta_ok a2 t s a1) Fm) as D.
    apply (mk_pnth zero) in Fp. destruct Fp as [Fp _].
    unfold psum in *. simpl. rewrite Fp.
    set (S := rsum _) in *. set (z := pnth 0 p h1) in *.
    rewrite fR_abs in L3.
    replace (fR a2 * y + fdot w2 l' - fR s * (fR a1 * z + S))
      with ((fR a2 * (y - fR t * z) + (fR a2 * fR t - fR s * fR a1) * z) + (fdot w2 l' - fR s * S)) by ring.
    pose proof (Rabs_triang (fR a2 * (y - fR t * z) + (fR a2 * fR t - fR s * fR a1) * z) (fdot w2 l' - fR s * S)) as T1.
    pose proof (Rabs_triang (fR a2 * (y - fR t * z)) ((fR a2 * fR t - fR s * fR a1) * z)) as T2.
    rewrite !Rabs_mult in T2.
    pose proof (Rmult_le_compat_l _ _ _ (Rabs_pos (fR a2)) He) as T3.
    pose proof (Rmult_le_compat _ _ _ _ (Rabs_pos _) (Rabs_pos _) D HH) as T4.
    lra.
Qed.

(** permutation-invariance of the dot product *)
Lemma fdot_seq w : forall h, length w = length h -> fdot w h = psum w h (pseq 1 (length h)).
Proof.
  assert (G : forall (h : list R) (w pw : list f64) (ph : list R), length w = length h -> length pw = length ph ->
    fdot w h = rsum (map (fun p => fR (pnth zero p (pw ++ w)) * pnth 0 p (ph ++ h)) (pseq (Pos.of_succ_nat (length ph)) (length h)))).
  { induction h as [| y h IH]; intros [| a w'] pw ph L P; simpl in L; try discriminate; [ reflexivity |].
    cbn [fdot length pseq map rsum fold_right]. f_equal.
    - unfold pnth. rewrite SuccNat2Pos.id_succ, Nat.sub_succ, Nat.sub_0_r.
      rewrite <- P at 1. rewrite !nth_middle. reflexivity.
    - specialize (IH w' (pw ++ [a]) (ph ++ [y])). rewrite <- !app_assoc in IH. simpl in IH.
      rewrite !app_length in IH. simpl in IH. rewrite !Nat.add_1_r in IH. simpl in IH.
      apply IH; lia. }
  intros h L. apply (G h w [] []); trivial.
Qed.

Fixpoint elayer (m : PM.t (row * f64)) (l2 : layer) (c : st) (cout : list (positive * f64)) : option st :=
  match l2, cout with
  | [], [] => Some []
  | (w2, b2) :: l2, (p, s) :: cout =>
      match PM.find p m with
      | Some ((w1, b1), H) =>
          if pfin s && (0 <? s)%float && Nat.eqb (length w1) (length c) then
            match elayer m l2 c cout with
            | Some r => Some ((p, (s, (erow s (mk 1 w1) w2 c (mag (delta b2 1 s b1)), H))) :: r)
            | None => None end
          else None
      | None => None
      end
  | _, _ => None
  end.

Lemma fR_one : fR 1 = 1.
Proof.
  unfold fR, Prim2B. rewrite B2R_SF2B.
  replace (Prim2SF 1) with (S754_finite false 4503599627370496 (-52)) by reflexivity.
  unfold SF2R, F2R. cbn [Fnum Fexp cond_Zopp].
  replace (IZR 4503599627370496) with (bpow radix2 52) by (simpl; lra). rewrite <- bpow_plus. reflexivity.
Qed.

Definition pos_scales (r : st) := Forall (fun x => 0 < fR (fst (snd x))) r.
Lemma elayer_ok l1 Hs h1 c h2 : Forall2 (stok h1) c h2 -> Permutation (map fst c) (pseq 1 (length h1)) ->
  length c = length h1 -> Forall2 hb Hs (map (pre h1) l1) ->
  forall l2 cout r, elayer (mk 1 (combine l1 Hs)) l2 c cout = Some r ->
  Forall2 (stok (map (pre h1) l1)) r (map (pre h2) l2) /\ map fst r = map fst cout /\ pos_scales r.
Proof.
  intros F P Lc FH. induction l2 as [| [w2 b2] l2 IH]; intros [| [p s] cout] r; simpl; try discriminate.
  - intros [= <-]. repeat split; constructor.
  - destruct (PM.find p _) as [[[w1 b1] H] |] eqn:Fp; [| discriminate ].
    destruct (pfin s && _ && _)%bool eqn:C; [| discriminate ].
    destruct (elayer _ l2 c cout) as [r' |] eqn:E; [| discriminate ].
    intros [= <-]. destruct (IH _ _ E) as (I1 & I2 & I3). clear IH E.
    rewrite !andb_true_iff in C. destruct C as ((C1 & C2) & C3). apply Nat.eqb_eq in C3.
    assert (Hs0 : 0 < fR s). { apply ltb_fin in C2; trivial. }
    assert (PN : pnth 0 p (map (pre h1) l1) = pre h1 (w1, b1) /\ hb H (pre h1 (w1, b1))).
    { apply mk_find in Fp. destruct Fp as [_ Fp]. change (Pos.to_nat 1) with 1%nat in Fp. unfold pnth.
      revert Fp. generalize (Pos.to_nat p - 1)%nat. clear -FH. revert Hs FH.
      induction l1 as [| r1 l1 IH]; intros Hs FH n Fp.
      - destruct n; discriminate Fp.
      - inversion FH; subst. destruct n as [| n]; simpl in *.
        + injection Fp as -> ->. split; [ reflexivity | assumption ].
        + eapply IH; eassumption. }
    destruct PN as [PN1 PN2].
    split; [| split; [ simpl; f_equal; exact I2 | constructor; [ exact Hs0 | exact I3 ] ] ].
    constructor; [| exact I1 ]. simpl. rewrite PN1. split; [| exact PN2 ].
    intros G. destruct (erow_ok _ _ _ _ _ _ _ F G) as [Fa B].
    pose proof (mag_ok _ _ (delta_ok b2 1 s b1) Fa) as D. rewrite fR_one, Rmult_1_r in D.
    assert (PS : psum w1 h1 (map fst c) = fdot w1 h1).
    { rewrite fdot_seq by lia. unfold psum. apply rsum_perm, Permutation_map, P. }
    rewrite PS in B. unfold pre; simpl.
    replace (fdot w2 h2 + fR b2 - fR s * (fdot w1 h1 + fR b1))
      with ((fdot w2 h2 - fR s * fdot w1 h1) + (fR b2 - fR s * fR b1)) by ring.
    eapply Rle_trans; [ apply Rabs_triang |]. lra.
Qed.

Lemma stok_relu h1 r y2 : Forall2 (stok h1) r y2 -> pos_scales r ->
  Forall2 (stok (map relu h1)) r (map relu y2).
Proof.
  intros F S. induction F as [| [p [s [e H]]] y r y2 Hy F IH]; simpl; constructor.
  - inversion S; subst. simpl in *. destruct Hy as [He HH].
    assert (N : pnth 0 p (map relu h1) = relu (pnth 0 p h1)).
    { unfold pnth. assert (Z : relu 0 = 0) by (unfold relu; apply Rmax_left; lra).
      rewrite <- Z at 1. apply map_nth. }
    rewrite N. split.
    + intros G. rewrite <- Relu.relu_scale by lra.
      eapply Rle_trans; [ apply Relu.relu_lip | exact (He G) ].
    + intros G. eapply Rle_trans; [ apply Relu.relu_abs | exact (HH G) ].
  - apply IH. inversion S; assumption.
Qed.

Definition idp (n : nat) : list (positive * f64) := map (fun p => (p, 1%float)) (pseq 1 n).
Fixpoint sup_go (n1 n2 : list layer) (Hs : list f64) (c : st) (cert : list (list (positive * f64))) : option st :=
  match n1, n2 with
  | l1 :: n1, l2 :: n2 =>
      let Hs' := hlayer l1 Hs in
      match cert with
      | [] => match n1, n2 with
              | [], [] => elayer (mk 1 (combine l1 Hs')) l2 c (idp (length l1))
              | _, _ => None end
      | co :: cert =>
          match n1, n2 with [], _ => None | _, [] => None | _, _ =>
          if perm_check (map fst co) (length l1) then
            match elayer (mk 1 (combine l1 Hs')) l2 c co with
            | Some r => sup_go n1 n2 Hs' r cert
            | None => None end
          else None end
      end
  | _, _ => None
  end.
Definition init (X : list f64) : st := map (fun pX => (fst pX, (1%float, (0%float, snd pX)))) (combine (pseq 1 (length X)) X).
Definition sup_check (X : list f64) (n1 n2 : list layer) (cert : list (list (positive * f64))) : list f64 :=
  match sup_go n1 n2 X (init X) cert with
  | Some r => map (fun x => fst (snd (snd x))) r
  | None => map (fun _ => nan) n1
  end.

Lemma Rnet_cons l n x : n <> [] -> Rnet (l :: n) x = Rnet n (map relu (Rlayer l x)).
Proof. destruct n; [ congruence | reflexivity ]. Qed.

Lemma pseq_len n : forall k, length (pseq k n) = n.
Proof. induction n; intros; simpl; auto. Qed.

(* final: bounds relative to the identity correspondence *)
Definition final (r : st) (y1 y2 : list R) : Prop :=
  Forall2 (stok y1) r y2 /\ map (fun x => (fst x, fst (snd x))) r = idp (length y1).

Lemma elayer_scales m c : forall l2 cout r, elayer m l2 c cout = Some r ->
  map (fun x => (fst x, fst (snd x))) r = cout.
Proof.
  induction l2 as [| [w2 b2] l2 IH]; intros [| [p s] cout] r; simpl; try discriminate.
  - intros [= <-]. reflexivity.
  - destruct (PM.find p m) as [[[w1 b1] H] |]; [| discriminate ].
    destruct (_ && _ && _)%bool; [| discriminate ].
    destruct (elayer m l2 c cout) eqn:E; [| discriminate ]. intros [= <-]. simpl. f_equal. auto.
Qed.

Lemma sup_go_ok : forall n1 n2 Hs c cert h1 h2 r,
  Forall2 (stok h1) c h2 -> Permutation (map fst c) (pseq 1 (length h1)) ->
  length c = length h1 -> Forall2 hb Hs h1 -> sup_go n1 n2 Hs c cert = Some r ->
  final r (Rnet n1 h1) (Rnet n2 h2).
Proof.
  induction n1 as [| l1 n1 IH]; intros [| l2 n2] Hs c cert h1 h2 r F P L FH; simpl sup_go; try discriminate.
  pose proof (hlayer_ok l1 _ _ FH) as FH'.
  destruct cert as [| co cert].
  - destruct n1, n2; try discriminate. intros E.
    destruct (elayer_ok _ _ _ _ _ F P L FH' _ _ _ E) as (A & _ & _).
    simpl. rewrite (Rlayer_eq l1), (Rlayer_eq l2). split; [ exact A |].
    rewrite map_length. exact (elayer_scales _ _ _ _ _ E).
  - destruct n1 as [| l1' n1]; [ discriminate |]. destruct n2 as [| l2' n2]; [ discriminate |].
    destruct (perm_check _ _) eqn:PC; [| discriminate ].
    destruct (elayer _ l2 c co) as [r' |] eqn:E; [| discriminate ]. intros G.
    destruct (elayer_ok _ _ _ _ _ F P L FH' _ _ _ E) as (A & B & S).
    rewrite (Rnet_cons l1), (Rnet_cons l2), (Rlayer_eq l1), (Rlayer_eq l2) by discriminate.
    eapply IH with (5 := G).
    + exact (stok_relu _ _ _ A S).
    + rewrite B, !map_length. apply perm_check_ok, PC.
    + rewrite !map_length. rewrite <- (map_length fst r'), B.
      apply perm_check_ok, Permutation_length in PC. rewrite PC. apply pseq_len.
    + clear -FH'. induction FH'; simpl; constructor; trivial.
      intros G. eapply Rle_trans; [ apply Relu.relu_abs | auto ].
Qed.

Lemma init_ok X x : Forall2 hb X x -> Forall2 (stok x) (init X) x.
Proof.
  intros F. unfold init.
  assert (G : forall px, Forall2 (stok (px ++ x))
     (map (fun pX => (fst pX, (1%float, (0%float, snd pX)))) (combine (pseq (Pos.of_succ_nat (length px)) (length X)) X)) x).
  { induction F as [| H y X x Hy F IH]; intros px; simpl; constructor.
    - simpl. unfold pnth. rewrite SuccNat2Pos.id_succ, Nat.sub_succ, Nat.sub_0_r, nth_middle, fR_one.
      split; [| exact Hy ]. intros _. change (fR 0) with 0.
      replace (y - 1 * y) with 0 by ring. rewrite Rabs_R0. lra.
    - specialize (IH (px ++ [y])). rewrite <- app_assoc, app_length, Nat.add_1_r in IH. exact IH. }
  exact (G []).
Qed.

Theorem sup_check_sound X n1 n2 cert :
  forall x, Forall2 hb X x ->
  forall i e, nth_error (sup_check X n1 n2 cert) i = Some e -> pfin e = true ->
  Rabs (nth i (Rnet n2 x) 0 - nth i (Rnet n1 x) 0) <= fR e.
Proof.
  intros x FX i e. unfold sup_check.
  destruct (sup_go n1 n2 X (init X) cert) as [r |] eqn:E.
  2:{ intros N Fe. exfalso. clear -N Fe. revert i N.
      induction n1; intros [| i] N; simpl in N; try discriminate; [ injection N as <-; discriminate Fe | eauto ]. }
  assert (LX : length X = length x) by (clear -FX; induction FX; simpl; auto).
  assert (LI : map fst (init X) = pseq 1 (length x)).
  { unfold init. rewrite map_map. simpl. rewrite <- LX. clear. generalize 1%positive.
    induction X; intros; simpl; f_equal; auto. }
  assert (FIN : final r (Rnet n1 x) (Rnet n2 x)).
  { eapply sup_go_ok with (5 := E); [ exact (init_ok _ _ FX) | rewrite LI; apply Permutation_refl | | exact FX ].
    rewrite <- (map_length fst), LI. apply pseq_len. }
  destruct FIN as [A B]. revert A B. generalize (Rnet n1 x) (Rnet n2 x). clear.
  intros y1 y2 A B N Fe.
  assert (G : forall (y2 : list R) r y1 py, Forall2 (stok (py ++ y1)) r y2 ->
     map (fun x => (fst x, fst (snd x))) r = map (fun p => (p, 1%float)) (pseq (Pos.of_succ_nat (length py)) (length y1)) ->
     forall i, nth_error (map (fun x : positive * (f64 * (f64 * f64)) => fst (snd (snd x))) r) i = Some e ->
     Rabs (nth i y2 0 - nth i y1 0) <= fR e).
  { clear -Fe. induction y2 as [| z y2 IH]; intros r y1 py A B i N.
    - inversion A; subst. destruct i; discriminate N.
    - inversion A as [| [p [s [e' H]]] ? r' ? Hz A']; subst. destruct y1 as [| y y1]; [ discriminate B |].
      simpl in B. injection B as -> -> B. destruct i as [| i]; simpl in N.
      + injection N as ->. simpl in Hz. destruct Hz as [Hz _]. specialize (Hz Fe).
        unfold pnth in Hz. rewrite SuccNat2Pos.id_succ, Nat.sub_succ, Nat.sub_0_r, nth_middle, fR_one, Rmult_1_l in Hz.
        exact Hz.
      + simpl. apply (IH r' y1 (py ++ [y])); [ now rewrite <- app_assoc | | exact N ].
        rewrite app_length, Nat.add_1_r. exact B. }
  exact (G _ _ _ [] A B _ N).
Qed.

(** boolean form, to be closed by vm_compute *)
Definition sup_eps_check (k : nat) (X : list f64) (n1 n2 : list layer) cert (eps : f64) : bool :=
  let l := sup_check X n1 n2 cert in
  pfin eps && Nat.eqb (length l) k && forallb (fun e => pfin e && (e <=? eps)%float) l.
Theorem sup_eps_check_sound k X n1 n2 cert eps : sup_eps_check k X n1 n2 cert eps = true ->
  forall x, Forall2 (fun B y => Rabs y <= fR B) X x -> forall i, (i < k)%nat ->
  Rabs (nth i (Rnet n2 x) 0 - nth i (Rnet n1 x) 0) <= fR eps.
Proof.
  unfold sup_eps_check. rewrite !andb_true_iff, forallb_forall, Nat.eqb_eq.
  intros ((Fe & L) & A) x FX i Hi. rewrite <- L in Hi.
  destruct (nth_error (sup_check X n1 n2 cert) i) as [e |] eqn:E;
    [| apply nth_error_None in E; lia ].
  assert (In1 := nth_error_In _ _ E). specialize (A _ In1). rewrite andb_true_iff in A. destruct A as [A1 A2].
  eapply Rle_trans.
  - eapply sup_check_sound; [| exact E | exact A1 ].
    clear -FX. induction FX; constructor; trivial. intros _; trivial.
  - unfold fR. rewrite leb_equiv, Bleb_correct in A2 by (rewrite <- is_finite_equiv; assumption).
    revert A2. case Rle_bool_spec; [ trivial | discriminate ].
Qed.

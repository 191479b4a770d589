(** An executable check that two ReLU networks of any depth with rational weights are
    one function on all of R^d: equal up to a permutation and a positive scaling of the
    units of every hidden layer.
    Generic in the number type. *)
From Coq Require Import Reals Lra Psatz QArith Qreals List Permutation PArith FMapPositive.
From Coq Require Import Sorting.Mergesort Orders Bool.
From Exactract Require Import Relu.
Import ListNotations.
Module PM := PositiveMap.

Module POrder <: TotalLeBool.
  Definition t := positive.
  Definition leb := Pos.leb.
  Theorem leb_total : forall a b, leb a b = true \/ leb b a = true.
  Proof. intros a b; unfold leb; rewrite !Pos.leb_le; lia. Qed.
End POrder.
Module PSort := Sort POrder.

Open Scope R_scope.

Fixpoint pseq (k : positive) (n : nat) : list positive :=
  match n with O => [] | S n => k :: pseq (Pos.succ k) n end.
Fixpoint plist_eqb (a b : list positive) : bool :=
  match a, b with
  | [], [] => true | x :: a, y :: b => Pos.eqb x y && plist_eqb a b | _, _ => false end.
Lemma plist_eqb_ok a : forall b, plist_eqb a b = true -> a = b.
Proof.
  induction a as [| x a IH]; intros [| y b]; simpl; try discriminate; trivial.
  rewrite andb_true_iff, Pos.eqb_eq. intros [-> H]. f_equal. auto.
Qed.
Definition perm_check (ps : list positive) (n : nat) : bool := plist_eqb (PSort.sort ps) (pseq 1 n).
Lemma perm_check_ok ps n : perm_check ps n = true -> Permutation ps (pseq 1 n).
Proof. intros H. apply plist_eqb_ok in H. rewrite <- H. apply PSort.Permuted_sort. Qed.

Fixpoint mk {A} (k : positive) (l : list A) : PM.t A :=
  match l with [] => PM.empty A | a :: l => PM.add k a (mk (Pos.succ k) l) end.
Lemma mk_find {A} (l : list A) : forall k p a, PM.find p (mk k l) = Some a ->
  (k <= p)%positive /\ nth_error l (Pos.to_nat p - Pos.to_nat k) = Some a.
Proof.
  induction l as [| b l IH]; intros k p a; simpl.
  - rewrite PM.gempty. discriminate.
  - destruct (Pos.eq_dec p k) as [-> | N].
    + rewrite PM.gss. intros [= ->]. rewrite Nat.sub_diag. split; [ lia | reflexivity ].
    + rewrite PM.gso by exact N. intros H. apply IH in H. destruct H as [L H]. split; [ lia |].
      replace (Pos.to_nat p - Pos.to_nat k)%nat with (S (Pos.to_nat p - Pos.to_nat (Pos.succ k))) by lia.
      exact H.
Qed.
Definition pnth {A} (d : A) (p : positive) (l : list A) : A := nth (Pos.to_nat p - 1) l d.
Lemma mk_pnth {A} (d : A) l p a : PM.find p (mk 1 l) = Some a -> pnth d p l = a /\ (Pos.to_nat p <= length l)%nat.
Proof.
  intros H. apply mk_find in H. destruct H as [_ H]. change (Pos.to_nat 1) with 1%nat in H. split.
  - apply nth_error_nth, H.
  - (assert (E : nth_error l (Pos.to_nat p - 1) <> None) by congruence;
      apply nth_error_Some in E; lia).
Qed.

Section Check.
Variable T : Type.
Variables (toQ : T -> Q) (one : T) (nmul : T -> T -> T) (neqb : T -> T -> bool) (npos : T -> bool).
Hypothesis one_ok : toQ one == 1.
Hypothesis nmul_ok : forall a b, toQ (nmul a b) == toQ a * toQ b.
Hypothesis neqb_ok : forall a b, neqb a b = true -> toQ a == toQ b.
Hypothesis npos_ok : forall a, npos a = true -> (0 < toQ a)%Q.

Definition row := (list T * T)%type.       (* weights, bias *)
Definition layer := list row.
Definition net := list layer.
Definition vR (a : T) : R := Q2R (toQ a).

(** ** semantics over R *)
Fixpoint dotR (w : list T) (x : list R) : R :=
  match w, x with a :: w, y :: x => vR a * y + dotR w x | _, _ => 0 end.
Definition rowR (x : list R) (r : row) : R := dotR (fst r) x + vR (snd r).
Definition layerR (l : layer) (x : list R) : list R := map (rowR x) l.
Fixpoint netR (ls : net) (x : list R) : list R :=
  match ls with
  | [] => x
  | [l] => layerR l x
  | l :: ls => netR ls (map relu (layerR l x))
  end.

(** ** the checker *)
Definition corr := list (positive * T).    (* copy neuron i = scale_i * neuron p_i of the original *)
Fixpoint row_check (s : T) (m : PM.t T) (w2 : list T) (cin : corr) : bool :=
  match w2, cin with
  | [], [] => true
  | a2 :: w2, (p, si) :: cin =>
      match PM.find p m with
      | Some a1 => neqb (nmul a2 si) (nmul s a1) && row_check s m w2 cin
      | None => false
      end
  | _, _ => false
  end.
Fixpoint rows_check (m : PM.t row) (l2 : layer) (cin cout : corr) : bool :=
  match l2, cout with
  | [], [] => true
  | (w2, b2) :: l2, (p, s) :: cout =>
      match PM.find p m with
      | Some (w1, b1) =>
          npos s && neqb b2 (nmul s b1) && Nat.eqb (length w1) (length cin)
          && row_check s (mk 1 w1) w2 cin && rows_check m l2 cin cout
      | None => false
      end
  | _, _ => false
  end.
Definition layer_check (l1 l2 : layer) (cin cout : corr) : bool :=
  perm_check (map fst cout) (length l1) && rows_check (mk 1 l1) l2 cin cout.
Definition idc (n : nat) : corr := map (fun p => (p, one)) (pseq 1 n).
Fixpoint net_check (n1 n2 : net) (cin : corr) (cert : list corr) : bool :=
  match n1, n2, cert with
  | [l1], [l2], [] => layer_check l1 l2 cin (idc (length l1))
  | l1 :: n1, l2 :: n2, c :: cert => layer_check l1 l2 cin c && net_check n1 n2 c cert
  | _, _, _ => false
  end.
Definition equiv_check (d : nat) (n1 n2 : net) (cert : list corr) : bool :=
  net_check n1 n2 (idc d) cert.

(** ** soundness *)
Definition apply_corr (c : corr) (h : list R) : list R :=
  map (fun ps => vR (snd ps) * pnth 0 (fst ps) h) c.
Definition good (c : corr) (n : nat) : Prop := Permutation (map fst c) (pseq 1 n).

Lemma vR_mul a b : vR (nmul a b) = vR a * vR b.
Proof. unfold vR. rewrite (Qeq_eqR _ _ (nmul_ok a b)). apply Q2R_mult. Qed.
Lemma vR_eqb a b : neqb a b = true -> vR a = vR b.
Proof. intros H. apply Qeq_eqR, neqb_ok, H. Qed.
Lemma vR_pos a : npos a = true -> 0 < vR a.
Proof. intros H. apply npos_ok, Qlt_Rlt in H. unfold vR. replace 0 with (Q2R 0) by (unfold Q2R; simpl; lra). exact H. Qed.
Lemma vR_one : vR one = 1.
Proof. unfold vR. rewrite (Qeq_eqR _ _ one_ok). unfold Q2R; simpl; lra. Qed.

Lemma dotR_seq w : forall h, length w = length h ->
  dotR w h = rsum (map (fun p => vR (pnth one p w) * pnth 0 p h) (pseq 1 (length h))).
Proof.
  intros h. revert w.
  assert (G : forall (h : list R) w (pw : list T) (ph : list R), length w = length h -> length pw = length ph ->
    dotR w h = rsum (map (fun p => vR (pnth one p (pw ++ w)) * pnth 0 p (ph ++ h)) (pseq (Pos.of_succ_nat (length ph)) (length h)))).
  { clear h. induction h as [| y h IH]; intros [| a w] pw ph L P; simpl in L; try discriminate; [ reflexivity |].
    cbn [dotR length pseq map rsum fold_right]. f_equal.
    - unfold pnth. rewrite SuccNat2Pos.id_succ, Nat.sub_succ, Nat.sub_0_r.
      rewrite <- P at 1. rewrite !nth_middle. reflexivity.
    - specialize (IH w (pw ++ [a]) (ph ++ [y])). rewrite <- !app_assoc in IH. simpl in IH.
      rewrite !app_length in IH. simpl in IH. rewrite !Nat.add_1_r in IH. simpl in IH.
      apply IH; lia. }
  intros w L. apply (G h w [] []); trivial.
Qed.

Lemma row_check_ok s w1 cin : forall w2 h1, row_check s (mk 1 w1) w2 cin = true ->
  dotR w2 (apply_corr cin h1) =
  vR s * rsum (map (fun p => vR (pnth one p w1) * pnth 0 p h1) (map fst cin)).
Proof.
  induction cin as [| [p si] cin IH]; intros [| a2 w2] h1; simpl; try discriminate.
  - intros _. ring.
  - destruct (PM.find p (mk 1 w1)) as [a1 |] eqn:F; [| discriminate ].
    rewrite andb_true_iff. intros [E H]. apply (mk_pnth one) in F. destruct F as [F _].
    rewrite (IH _ _ H), F. apply vR_eqb in E. rewrite !vR_mul in E.
    rewrite <- Rmult_assoc, E. unfold rsum. simpl. ring.
Qed.

Lemma pnth_layer l1 h p r : PM.find p (mk 1 l1) = Some r -> pnth 0 p (layerR l1 h) = rowR h r.
Proof.
  intros F. destruct (mk_pnth (A := row) ([], one) _ _ _ F) as [F1 F2]. unfold pnth, layerR in *.
  rewrite (nth_indep _ 0 (rowR h ([], one)))
    by (rewrite map_length; eapply Nat.lt_le_trans; [| exact F2 ]; pose proof (Pos2Nat.is_pos p); lia).
  now rewrite map_nth, F1.
Qed.

Lemma rows_check_ok l1 cin cout : forall l2 h1,
  good cin (length h1) -> rows_check (mk 1 l1) l2 cin cout = true ->
  layerR l2 (apply_corr cin h1) = apply_corr cout (layerR l1 h1) /\
  Forall (fun ps => 0 < vR (snd ps)) cout.
Proof.
  induction cout as [| [p s] cout IH]; intros [| [w2 b2] l2] h1 G; simpl; try discriminate.
  - intros _; split; [ reflexivity | constructor ].
  - destruct (PM.find p (mk 1 l1)) as [[w1 b1] |] eqn:F; [| discriminate ].
    rewrite !andb_true_iff. intros ((((Sp & B) & L) & W) & H).
    destruct (IH _ _ G H) as [IH1 IH2]. split; [| constructor; [ now apply vR_pos | exact IH2 ] ].
    change (rowR (apply_corr cin h1) (w2, b2) :: layerR l2 (apply_corr cin h1) =
      vR s * pnth 0 p (layerR l1 h1) :: apply_corr cout (layerR l1 h1)).
    f_equal; [| exact IH1 ].
    rewrite (pnth_layer _ _ _ _ F). unfold rowR; cbn [fst snd].
    rewrite (row_check_ok _ _ _ _ _ W).
    apply vR_eqb in B. rewrite vR_mul in B. rewrite B.
    rewrite (rsum_perm _ _ (Permutation_map _ G)).
    apply Nat.eqb_eq in L.
    assert (Len : length cin = length h1).
    { rewrite <- (map_length fst cin), (Permutation_length G). clear. generalize 1%positive.
      induction (length h1); intros; simpl; auto. }
    rewrite <- dotR_seq by lia. ring.
Qed.

Lemma relu_corr c h : Forall (fun ps => 0 < vR (snd ps)) c ->
  map relu (apply_corr c h) = apply_corr c (map relu h).
Proof.
  induction 1 as [| [p s] c Hs Hc IH]; simpl; f_equal; trivial.
  simpl in *. rewrite relu_scale by lra. f_equal. unfold pnth.
  assert (Z : relu 0 = 0) by (unfold relu; apply Rmax_left; lra).
  rewrite <- Z at 2. now rewrite map_nth.
Qed.

Lemma idc_apply h : apply_corr (idc (length h)) h = h.
Proof.
  unfold apply_corr, idc. rewrite map_map. simpl.
  assert (G : forall (h ph : list R),
    map (fun p => vR one * pnth 0 p (ph ++ h)) (pseq (Pos.of_succ_nat (length ph)) (length h)) = h).
  { clear h. induction h as [| y h IH]; intros ph; simpl; trivial. f_equal.
    - unfold pnth. rewrite SuccNat2Pos.id_succ, Nat.sub_succ, Nat.sub_0_r, nth_middle, vR_one. ring.
    - specialize (IH (ph ++ [y])). rewrite <- app_assoc, app_length, Nat.add_1_r in IH. exact IH. }
  exact (G h []).
Qed.
Lemma idc_good n : good (idc n) n.
Proof. unfold good, idc. rewrite map_map. simpl. rewrite map_id. apply Permutation_refl. Qed.

Lemma net_check_ok : forall n1 n2 cin cert h1, good cin (length h1) ->
  net_check n1 n2 cin cert = true -> netR n2 (apply_corr cin h1) = netR n1 h1.
Proof.
  induction n1 as [| l1 n1 IH]; intros n2 cin cert h1 G H; [ discriminate H |].
  destruct n2 as [| l2 n2]; [ destruct n1; discriminate H |].
  assert (Cases : (n1 = [] /\ n2 = [] /\ layer_check l1 l2 cin (idc (length l1)) = true) \/
     (exists c cert', n1 <> [] /\ n2 <> [] /\ layer_check l1 l2 cin c = true /\ net_check n1 n2 c cert' = true)).
  { destruct n1 as [| l1' n1].
    - destruct n2, cert; try discriminate H; [ left; auto |..];
        simpl in H; rewrite andb_true_iff in H; destruct H as [_ H]; discriminate H.
    - destruct cert as [| c cert]; [ destruct n2; discriminate H |].
      right. exists c, cert. destruct n2 as [| l2' n2].
      + cbn [net_check] in H. rewrite andb_true_iff in H; destruct H as [_ H]. destruct n1; discriminate H.
      + change (layer_check l1 l2 cin c && net_check (l1' :: n1) (l2' :: n2) c cert = true) in H.
        rewrite andb_true_iff in H. repeat split; try easy. }
  unfold layer_check in Cases.
  destruct Cases as [(-> & -> & C) | (c & cert' & N1 & N2 & C & H')];
    apply andb_true_iff in C; destruct C as [P C].
  - destruct (rows_check_ok _ _ _ _ _ G C) as [E _]. simpl. rewrite E.
    replace (length l1) with (length (layerR l1 h1)) by apply map_length. apply idc_apply.
  - destruct (rows_check_ok _ _ _ _ _ G C) as [E S].
    assert (U : forall l n x, n <> [] -> netR (l :: n) x = netR n (map relu (layerR l x))).
    { intros l n x Hn. destruct n; [ congruence | reflexivity ]. }
    rewrite !U by assumption. rewrite E, relu_corr by exact S. apply (IH _ _ _ _) with (2 := H').
    rewrite map_length. unfold layerR at 1. rewrite map_length. apply perm_check_ok, P.
Qed.

Theorem equiv_check_sound d n1 n2 cert : equiv_check d n1 n2 cert = true ->
  forall x : list R, length x = d -> netR n1 x = netR n2 x.
Proof.
  intros H x <-. symmetry. rewrite <- (idc_apply x) at 1.
  eapply net_check_ok; [ apply idc_good | exact H ].
Qed.

End Check.

(** ** big rationals *)
From Bignums Require Import BigQ.
Definition posBQ (q : bigQ) : bool := match BigQ.compare BigQ.zero q with Lt => true | _ => false end.
Definition equiv_check_BQ := equiv_check bigQ BigQ.one BigQ.mul BigQ.eq_bool posBQ.
Theorem equiv_check_BQ_sound d n1 n2 cert : equiv_check_BQ d n1 n2 cert = true ->
  forall x : list R, length x = d -> netR bigQ BigQ.to_Q n1 x = netR bigQ BigQ.to_Q n2 x.
Proof.
  apply equiv_check_sound.
  - apply BigQ.spec_1.
  - apply BigQ.spec_mul.
  - intros a b. rewrite BigQ.spec_eq_bool. apply Qeq_bool_eq.
  - intros a. unfold posBQ. rewrite BigQ.spec_compare, BigQ.spec_0.
    destruct (Qcompare_spec 0 (BigQ.to_Q a)); try discriminate. trivial.
Qed.

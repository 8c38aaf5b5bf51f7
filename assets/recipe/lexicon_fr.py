"""French words of the closed vocabulary, written for this project; tuples of word forms by role."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NOUNS_M = _words(
    "budget rapport projet service serveur contrat calendrier délai document dossier formulaire site test "
    "résultat problème risque besoin plan point sujet compte courriel message guide manuel guichet logiciel "
    "système réseau mot portail fichier tableau bilan planning marché fournisseur prestataire directeur ministère "
    "comité conseil département bureau maire agent citoyen usager lecteur clavier bouton lien contraste texte "
    "titre menu écran appel incident accord avis exercice examen audit outil objectif indicateur essai état "
    "entretien hébergement accès espace ordre agenda ordinateur téléphone numéro code niveau coût prix montant "
    "financement crédit chiffre pourcentage public groupe partenaire responsable collègue règlement décret "
    "retard changement démarrage lancement développement déploiement paiement abonnement recrutement stage "
    "questionnaire sondage commentaire exemple modèle module format support canal courrier timbre local"
)
NOUNS_F = _words(
    "réunion décision question réponse date semaine journée année version page note demande démarche équipe "
    "formation sécurité accessibilité ouverture mise maquette action tâche liste priorité étape phase ligne "
    "base donnée sauvegarde licence facture dépense somme enveloppe commission direction mairie région ville "
    "préfecture loi norme règle charte convention procédure méthode mesure enquête étude analyse évaluation "
    "correction erreur panne alerte maintenance connexion identité signature adresse annonce campagne "
    "communication conférence présentation traduction langue voix couleur image vidéo salle porte machine "
    "application interface fonction solution proposition recommandation condition limite échéance estimation "
    "hypothèse information instruction inscription consultation concertation coopération personne population "
    "commune agence société entreprise famille école bibliothèque cantine subvention aide carte plateforme "
    "clé copie pièce feuille synthèse conclusion remarque différence chance partie suite"
)
VERBS_ER = _words(
    "préparer vérifier envoyer valider terminer commencer corriger présenter organiser tester publier contacter "
    "demander proposer discuter changer avancer reporter planifier rédiger relancer partager expliquer "
    "installer configurer sauvegarder évaluer analyser améliorer modifier adapter simplifier financer "
    "signer annoncer informer accompagner former recruter acheter commander payer calculer estimer comparer "
    "traduire_ documenter automatiser surveiller protéger bloquer débloquer garder donner trouver chercher "
    "montrer utiliser créer supprimer ajouter copier compléter déposer collecter consulter écouter parler "
    "continuer arrêter accepter refuser confirmer annuler aborder traiter lister mesurer noter"
)
VERBS_ER = tuple(verb for verb in VERBS_ER if not verb.endswith("_"))
VERBS_OTHER = _words(
    "être avoir faire pouvoir vouloir devoir savoir voir prendre mettre venir tenir finir choisir définir "
    "ouvrir écrire lire répondre attendre rendre suivre réussir réfléchir fournir construire traduire connaître "
    "suis es est sommes êtes sont était étaient sera serons seront serait ai as a avons avez ont avait aura "
    "aurons auront fais fait faisons faites font fera ferons peux peut pouvons pouvez peuvent pourra pourrait "
    "veux veut voulons voulez veulent voudrais dois doit devons devez doivent devra devrait sais sait savons "
    "vois voit voyons vu prends prend prenons prennent pris mets met mettons mis viens vient venons tient "
    "finit finissons fini choisit choisissons choisi ouvre ouvrons ouvert écrit écrivons lit lisons lu répond "
    "répondons répondu attend attendons attendu rend rendu suit suivi va vas vais allons allez vont ira faut "
    "fallait reste manque semble existe fonctionne arrive dépend"
)
ADJECTIVES = _words(
    "simple complexe facile difficile possible impossible nécessaire utile urgent important prêt ouvert fermé "
    "nouveau nouvelle ancien ancienne premier première deuxième troisième dernier dernière prochain prochaine "
    "bon bonne mauvais mauvaise grand grande petit petite long longue court courte rapide lent lente clair "
    "claire stable fiable public publique privé technique numérique administratif annuel mensuel final "
    "complet complète correct gratuit moderne lisible conforme disponible accessible visible sonore vide plein "
    "seul même autre tout toute tous toutes chaque plusieurs certains quelques"
)
FUNCTION = _words(
    "je tu il elle on nous vous ils elles le la les un une des du de d'abord au aux ce cet cette ces mon ma mes "
    "son sa ses notre nos votre vos leur leurs qui que quoi quand où comment pourquoi combien quel quelle quels "
    "et ou mais donc car si alors puis ensuite enfin avant après pendant depuis dans sur sous avec sans pour "
    "contre entre chez vers par jusque très trop plus moins assez bien mal mieux aussi encore déjà toujours "
    "jamais souvent parfois maintenant aujourd'hui demain hier bientôt tôt tard ici là ensemble seulement "
    "vraiment peut-être surtout environ presque ne pas rien personne oui non d'accord merci bonjour bonsoir "
    "voilà parfait exactement absolument évidemment justement effectivement c'est ça n'est j'ai qu'il qu'on "
    "matin soir midi après-midi heure heures minute minutes jour jours semaines mois ans fois euros cent mille "
    "question réponses chose choses côté cas temps travail monde début fin milieu place façon"
)
DAYS = _words("lundi mardi mercredi jeudi vendredi samedi dimanche")
MONTHS = _words(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
)
FIRST_NAMES = _words(
    "Claire Thomas Emma Sarah Paul Julie Marie Pierre Sophie Nicolas Camille Hugo Louis Alice Antoine Laura "
    "Lucas Martin Anna David Daniel Nadia Karim Léa Chloé Julien Isabelle Marc Philippe Hélène"
)
FAMILY_NAMES = _words(
    "Martin Bernard Wilson Dubois Moreau Laurent Simon Michel Garcia Roux Lambert Girard Robert Richard Petit "
    "Durand Leroy Smith Brown Taylor Johnson Davies Walker Clark"
)
UNITS = _words(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
)
TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}


def number(value: int) -> str:
    """Return ``value`` (0 to 999,999) in French words, traditional hyphens."""
    if value < 20:
        return UNITS[value]
    if value < 70:
        ten, unit = value // 10 * 10, value % 10
        if unit == 0:
            return TENS[ten]
        return f"{TENS[ten]} et un" if unit == 1 else f"{TENS[ten]}-{UNITS[unit]}"
    if value < 80:
        return "soixante et onze" if value == 71 else f"soixante-{UNITS[value - 60]}"
    if value < 100:
        return "quatre-vingts" if value == 80 else f"quatre-vingt-{UNITS[value - 80]}"
    if value < 1000:
        head = "cent" if value < 200 else f"{UNITS[value // 100]} cent"
        if value % 100 == 0:
            return head if value < 200 else f"{head}s"
        return f"{head} {number(value % 100)}"
    head = "mille" if value < 2000 else f"{number(value // 1000)} mille"
    return head if value % 1000 == 0 else f"{head} {number(value % 1000)}"


def conjugate(verb: str) -> dict[str, str]:
    """Return the forms used by the grammar for a regular verb in -er."""
    stem = verb[:-2]
    soft = {"g": stem + "e", "c": stem[:-1] + "ç"}.get(stem[-1], stem)
    if verb in {"envoyer", "payer"}:
        light, future = stem[:-1] + "i", ("enverr" if verb == "envoyer" else "paier")
    elif verb == "acheter":
        light, future = "achèt", "achèter"
    elif verb in ("compléter", "protéger"):
        light, future = stem.replace("ét", "èt").replace("ég", "èg"), verb
    else:
        light, future = stem, verb
    return {
        "inf": verb,
        "il": light + "e",
        "ils": light + "ent",
        "nous": soft + "ons",
        "vous": stem + "ez",
        "pp": stem + "é",
        "il_fut": future + "a",
        "nous_fut": future + "ons",
        "je_fut": future + "ai",
        "imparfait": soft + "ait",
    }


VERB_FORMS = {verb: conjugate(verb) for verb in VERBS_ER}

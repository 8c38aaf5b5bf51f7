/** The page in French; the other languages have the same keys. */

import { duration } from "./duration.js";

export const fr = {
  title: "Réunion sous-titrée",
  otherLanguage: "English",
  otherLanguageLabel: "Display this page in English",
  joinTitle: "Rejoindre une réunion",
  demoModel:
    "Ce qui est dit ici est entendu par le modèle de démonstration : il connaît environ mille mots et invente du texte pour tout le reste. Le README dit comment en utiliser un vrai.",
  noticeBefore:
    "Cette réunion est transcrite : ce qui s’y dit est affiché en sous-titres et consigné dans un compte rendu. Le son n’est pas conservé.",
  room: "Salle",
  roomHint: "Lettres, chiffres et tirets, par exemple conseil-du-lundi",
  name: "Votre nom",
  nameHint: "Affiché aux autres et dans le compte rendu",
  joinSpeak: "Rejoindre avec le microphone",
  joinRead: "Lire seulement les sous-titres",
  joining: "Connexion…",
  roomTitle: (room: string) => `Salle ${room}`,
  noticeOn: "Cette réunion est transcrite.",
  noticeOff: "La transcription est arrêtée.",
  noticeUnknown: "La transcription n’a pas commencé.",
  captions: "Sous-titres",
  captionsEmpty: "Les sous-titres s’afficheront ici dès que quelqu’un parlera.",
  jump: "Aller au plus récent",
  textSize: "Taille du texte",
  smaller: "Réduire le texte",
  larger: "Agrandir le texte",
  announce: "Annoncer les sous-titres (lecteur d’écran)",
  late: "Le service est très sollicité : les sous-titres arrivent plus tard.",
  /** As pipelines/gap_text.py says it; a reason that is not known is left out. */
  gap: (seconds: number, reason: string | undefined) =>
    `[${duration(seconds)} non transcrite${[1, 60].includes(seconds) ? "" : "s"}${reason ? `\u00a0: ${reason}` : ""}]`,
  gapReasons: {
    overload: "service surchargé",
    outage: "service en panne",
    restart: "service redémarré",
    opted_out: "à la demande de la personne",
    off_record: "hors procès-verbal",
  } as Readonly<Record<string, string>>,
  people: "Personnes présentes",
  you: "vous",
  speaking: "parle",
  micOn: "micro ouvert",
  micMuted: "micro coupé",
  micNone: "lit seulement",
  controls: "Commandes de la réunion",
  mute: "Couper le micro",
  unmute: "Ouvrir le micro",
  leave: "Quitter",
  stop: "Arrêter la transcription",
  start: "Démarrer la transcription",
  stopTitle: "Arrêter la transcription ?",
  stopText:
    "La réunion transcrite se termine pour tout le monde et le compte rendu est rédigé. La réunion elle-même continue.",
  stopConfirm: "Arrêter et rédiger le compte rendu",
  cancel: "Annuler",
  back: "Revenir à l’accueil",
  reconnecting: "Connexion perdue, nouvelle tentative en cours…",
  left: "Vous avez quitté la réunion.",
  removed: "Cette session est terminée : la salle a été fermée, ou vous l’avez rejointe ailleurs.",
  lost: "La connexion à la réunion est perdue. Rejoignez-la à nouveau.",
  minutes: "Compte rendu",
  minutesPending: "Le compte rendu est en cours de rédaction.",
  minutesReady: "Le compte rendu est prêt.",
  minutesFailed: "Le compte rendu n’a pas pu être rédigé. La transcription est conservée.",
  minutesMachine:
    "Rédigé automatiquement à partir de la transcription ; à relire avant tout usage.",
  minutesNothing: "Rien n’a été relevé.",
  summary: "Résumé",
  extracts: "Extraits marquants",
  decisions: "Décisions",
  actions: "Actions",
  questions: "Questions ouvertes",
  due: "échéance",
  errors: {
    roomMissing: "Indiquez le nom de la salle.",
    nameMissing: "Indiquez votre nom.",
    roomRefused:
      "Ce nom de salle n’est pas accepté : utilisez des lettres, des chiffres et des tirets.",
    roomUnknown: "Cette salle n’existe pas : vérifiez son nom.",
    roomElsewhere: "Cette salle appartient à un autre service : rejoignez-la là-bas, ou choisissez un autre nom.",
    notAllowed: "Vous n’êtes pas autorisé à faire cela dans cette salle.",
    service: "Le service de réunion ne répond pas correctement. Réessayez dans un instant.",
    unreachable: "Le service de réunion est injoignable. Vérifiez votre connexion et réessayez.",
    livekit: "Le serveur de la réunion est injoignable. Réessayez dans un instant.",
    microphone:
      "Le microphone n’est pas disponible : autorisez-le dans le navigateur, ou lisez seulement les sous-titres.",
  },
};

export type Messages = typeof fr;

"""Words that promise something to a customer, folded, in seven languages: an agent must look."""

PROMISES: tuple[str, ...] = (
    "we will refund", "refund has been", "refund is approved", "you will receive your money",
    "guarantee", "free of charge", "will be fixed today", "by tomorrow", "within 24 hours",
    "we have cancelled", "we have canceled", "we will replace", "compensation",
    "wir erstatten", "erstattung wurde", "erstattung erfolgt", "garantier", "kostenlos",
    "bis morgen", "innerhalb von 24 stunden", "haben wir storniert", "entschadig", "gutschrift",
    "nous rembours", "remboursement a ete", "garanti", "gratuit", "d'ici demain", "sous 24 heures",
    "nous avons annule", "dedommag",
    "le reembols", "reembolso ha sido", "garantiza", "gratis", "sin coste", "antes de manana",
    "en 24 horas", "hemos cancelado", "indemniza",
    "rimborser", "rimborso e stato", "garanti", "gratuitamente", "entro domani", "entro 24 ore",
    "abbiamo annullato", "risarc",
    "wij betalen terug", "we betalen", "terugbetaling is", "garander", "gratis", "voor morgen",
    "binnen 24 uur", "wij hebben geannuleerd", "schadevergoeding",
    "vamos reembolsar", "reembolso foi", "garantimos", "gratuitamente", "ate amanha",
    "em 24 horas", "cancelamos", "indemniz",
)  # fmt: skip

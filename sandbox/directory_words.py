"""The words of the stand-in directory: names, trades and places as they are common in France; nobody in particular."""

from __future__ import annotations

# Between spaces; a name of two words has a hyphen in it.
SURNAMES = (
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David "
    "Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier "
    "Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry "
    "Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard "
    "Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin "
    "Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey "
    "Leclerc Payet Rolland Leclercq Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert Berger Carpentier Sanchez Dupuis "
    "Moulin Louis Deschamps Huet Vasseur Perez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot "
    "Carré Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly Hervé Schneider Fernandez Collet Léger "
    "Bouvier Julien Prévost Millet Perrot Daniel Cousin Germain Breton Besson Langlois Rémy Le-Gall Pelletier Lévêque "
    "Perrier Leblanc Barré Lebrun Marchal Weber Mallet Hamon Boulanger Jacob Monnier Michaud Rodriguez Guichard Gillet "
    "Étienne Grondin Poulain Tessier Chevallier Collin Chauvin Bouchet Gay Lemaître Bénard Maréchal Humbert Reynaud "
    "Antoine Hoarau Perret Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay Pasquier Carlier Laporte Martel "
    "Martineau Martelli Marteau Ly Ba Diallo Traoré Haddad Benali Belkacem Nguyen Tran Cohen Lévy Da-Silva Pereira"
)

FIRST_NAMES = (
    "Sophie Marie Anne Claire Julie Camille Hélène Isabelle Nathalie Catherine Sylvie Valérie Céline Émilie Laure "
    "Charlotte Pauline Mathilde Élodie Aurélie Florence Martine Brigitte Véronique Sandrine Amélie Léa Manon Inès "
    "Chloé Juliette Louise Alice Agathe Margaux Noémie Pierre Jean Michel Philippe Alain Bernard Nicolas Christophe "
    "Thomas Julien Antoine Alexandre Maxime Sébastien Olivier François Laurent Éric Stéphane Guillaume Vincent Xavier "
    "Benoît Frédéric Mathieu Romain Quentin Hugo Louis Paul Arthur Gabriel Jean-Pierre Jean-Marc Marie-Claude "
    "Anne-Laure Sylvain Martin Karim Mehdi Yasmine Fatima Thi Ana Samuel David Sarah Nadia"
)

# Town, postcode: Nevers and its neighbours first, for the demonstration's pharmacy is there.
TOWNS = (
    ("NEVERS", "58000"),
    ("VARENNES VAUZELLES", "58640"),
    ("FOURCHAMBAULT", "58600"),
    ("DECIZE", "58300"),
    ("COSNE COURS SUR LOIRE", "58200"),
    ("CLAMECY", "58500"),
    ("LA CHARITE SUR LOIRE", "58400"),
    ("MOULINS", "03000"),
    ("BOURGES", "18000"),
    ("AUXERRE", "89000"),
    ("DIJON", "21000"),
    ("PARIS", "75012"),
    ("PARIS", "75015"),
    ("LYON", "69003"),
    ("MARSEILLE", "13005"),
    ("TOULOUSE", "31000"),
    ("NICE", "06000"),
    ("NANTES", "44000"),
    ("STRASBOURG", "67000"),
    ("MONTPELLIER", "34000"),
    ("BORDEAUX", "33000"),
    ("LILLE", "59000"),
    ("RENNES", "35000"),
    ("REIMS", "51100"),
    ("SAINT ETIENNE", "42000"),
    ("LE HAVRE", "76600"),
    ("GRENOBLE", "38000"),
    ("ANGERS", "49000"),
    ("BREST", "29200"),
    ("CLERMONT FERRAND", "63000"),
    ("TOURS", "37000"),
    ("LIMOGES", "87000"),
    ("AJACCIO", "20000"),
    ("SAINT DENIS", "97400"),
    ("SAINT MARTIN D HERES", "38400"),
    ("SAINT MARTIN BOULOGNE", "62280"),
    ("VILLENEUVE D ASCQ", "59650"),
    ("METZ", "57000"),
    ("POITIERS", "86000"),
    ("VALENCE", "26000"),
)

STREETS = (
    ("RUE", "DE LA REPUBLIQUE"),
    ("RUE", "SAINT MARTIN"),
    ("AVENUE", "DU GENERAL DE GAULLE"),
    ("PLACE", "DU MARCHE"),
    ("RUE", "DES TESTS"),
    ("BOULEVARD", "VICTOR HUGO"),
    ("RUE", "JEAN JAURES"),
    ("RUE", "PASTEUR"),
    ("AVENUE", "COLBERT"),
    ("PLACE", "CARNOT"),
    ("RUE", "DU COMMERCE"),
    ("IMPASSE", "DES TILLEULS"),
    ("QUAI", "DE LA LOIRE"),
    ("ROUTE", "DE PARIS"),
)

# Code, trade, how many of a hundred, their specialities (code, words).
TRADES: tuple[tuple[str, str, int, tuple[tuple[str, str], ...]], ...] = (
    (
        "10",
        "Médecin",
        46,
        (
            ("SM54", "Médecine Générale"),
            ("SM54", "Médecine Générale"),
            ("SM54", "Médecine Générale"),
            ("SM26", "Qualifié en Médecine Générale"),
            ("SM04", "Cardiologie et maladies vasculaires"),
            ("SM15", "Dermatologie et vénéréologie"),
            ("SM40", "Pédiatrie"),
            ("SM42", "Psychiatrie"),
            ("SM41", "Pneumologie"),
            ("SM38", "Ophtalmologie"),
            ("SM24", "Gastro-entérologie et hépatologie"),
            ("SM20", "Gynécologie médicale"),
            ("SM16", "Endocrinologie et métabolismes"),
            ("SM48", "Rhumatologie"),
            ("SM32", "Néphrologie"),
            ("SM30", "Médecine d’urgence"),
        ),
    ),
    ("60", "Infirmier", 18, (("", ""),)),
    ("70", "Masseur-Kinésithérapeute", 9, (("", ""),)),
    ("40", "Chirurgien-Dentiste", 8, (("", ""), ("SCD01", "Orthopédie dento-faciale"))),
    ("50", "Sage-Femme", 4, (("", ""),)),
    ("21", "Pharmacien", 9, (("", ""),)),
    ("91", "Orthophoniste", 3, (("", ""),)),
    ("80", "Pédicure-Podologue", 3, (("", ""),)),
)

PRACTICES = ("CABINET DU DR {NAME}", "CABINET MEDICAL {STREET}", "MAISON DE SANTE DE {TOWN}", "SELARL {NAME}")
HOSPITALS = ("CENTRE HOSPITALIER DE {TOWN}", "CLINIQUE {STREET}", "CHU DE {TOWN}", "HOPITAL PRIVE DE {TOWN}")
WARDS = (
    "Cardiologie",
    "Pédiatrie",
    "Urgences",
    "Pharmacie à usage intérieur",
    "Secrétariat de médecine interne",
    "Consultations externes",
    "Hospitalisation à domicile",
    "",
)

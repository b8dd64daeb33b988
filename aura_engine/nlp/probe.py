"""Sentences on which backends are compared: everyday, cheerful, sad and angry, 1 to 40 words."""

from __future__ import annotations

from typing import Final

PROBE_TEXTS: Final = (
    "va",
    "jaja sí",
    "¿ya llegaste?",
    "qué asco",
    "te extraño mucho",
    "hoy no hay tarea",
    "qué bonito te quedó el dibujo",
    "no me esperen, voy tarde",
    "mañana no hay clases, ¿verdad?",
    "estoy harta de que me griten",
    "me salió bien el examen, no lo puedo creer",
    "pásame la tarea de mate porfa, la de la página 40",
    "odio los lunes y odio levantarme a las cinco",
    "el camión pasa cada quince minutos, no te preocupes",
    "nadie se sentó conmigo en el recreo otra vez",
    "estuvo bien padre el concierto, ojalá vuelvan pronto",
    "no me gustó nada cómo me habló enfrente de todos",
    "mi abuelita hizo tamales y nos reímos toda la tarde",
    "perdón por no contestar, se me acabó la pila y dejé el cargador en casa de mi prima",
    "la neta ya no quiero ir, siempre terminan burlándose de mí y yo nomás me quedo callado",
    "voy saliendo de mi casa, en veinte minutos llego a la parada, no se vayan sin mí",
    "gracias por escucharme ayer, de verdad me hacía falta y hoy ando mucho mejor",
    "dice la maestra que el equipo de cuatro presenta primero y que llevemos la cartulina lista",
    "perdimos en el último minuto, el portero ni se movió y todos lo culparon sin tener culpa",
    "anoche se fue la luz en toda la colonia y el perro no dejó de ladrar hasta que regresó",
    (
        "¿alguien que venda una calculadora científica usada? la mía se cayó del escritorio y ya "
        "no prende, la necesito para el viernes porque tenemos el extraordinario de física"
    ),
    (
        "no entiendo por qué siempre me toca a mí: lavo los trastes, cuido a mi hermano, saco "
        "buenas calificaciones, y aun así lo único que escucho es lo que hice mal"
    ),
    (
        "fuimos a la playa por primera vez, mi hermanita no quería salirse del agua, comimos "
        "pescado, vimos el atardecer y en el camino de regreso todos veníamos dormidos y felices"
    ),
)

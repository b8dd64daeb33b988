"""Ficha: one person, by pseudonym: the level, why, since when, and their case."""

import streamlit as st

from aura_engine.charts import HistoryChart
from aura_engine.charts.figures import history_figure
from aura_engine.i18n import t
from aura_engine.store.pseudonyms import is_pseudonym, read_pseudonym
from aura_engine.store.reads import case_of, case_timeline, colleagues, history
from aura_ui import audited, case_panel, databases, identity_panel, person_card, theme
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.guard import require_role
from aura_ui.page import begin, cases_on_view, end, require_results
from aura_ui.people import PERSON, explained_person
from aura_ui.roles import CARERS
from aura_ui.tables import history_table

viewer = require_role(CARERS)

asked = read_pseudonym(st.query_params.get(PERSON, ""))
pseudonym = asked if is_pseudonym(asked) else ""
with explained():
    audited.person_asked_for(viewer, "ficha", pseudonym)
with explained(), databases.page_reading() as connection:
    require_results(connection, viewer, t("person.title"))
    cases_on_view(connection, viewer)
    told = explained_person(connection, viewer, pseudonym) if pseudonym else None
    records = history(connection, viewer, pseudonym) if told else []
    case = case_of(connection, viewer, pseudonym) if pseudonym else None
    done = case_timeline(connection, viewer, pseudonym) if case else []
    team = colleagues(connection, viewer) if case else []

zone = databases.zone()
begin(t("person.title"))
person_card.ask_for_pseudonym(pseudonym)
if told is None:
    if case is not None:
        st.subheader(pseudonym, anchor=False)
        case_panel.show(viewer, case, None, done, team, zone)
        st.caption(t("identity.deleted"))
        case_panel.timeline(done, zone)
    elif pseudonym:
        st.warning(t("person.unknown", pseudonym=pseudonym), icon=":material/search:")
    elif asked:
        st.warning(t("person.malformed"), icon=":material/search:")
    else:
        st.info(t("person.choose"), icon=":material/person_search:")
    end()
    st.stop()

person_card.headline(told, zone)
case_panel.show(viewer, case, told, done, team, zone)
identity_panel.show(pseudonym)
left, right = st.columns([1.35, 1], gap="large")
with left:
    person_card.why(told)
    case_panel.timeline(done, zone)
with right:
    person_card.votes(told.person)
    st.subheader(t("person.history"), anchor=False)
    chart = HistoryChart(tuple(records), told.person)
    show(
        history_figure(chart, theme.look(), zone),
        history_table(chart, zone),
        key="historia",
        finding=t("person.history"),
    )
    person_card.usual(chart)
    person_card.last_change(records, zone)
    person_card.about(told.person, zone)
end()

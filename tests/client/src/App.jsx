import { useEffect, useState } from 'react';

import { DASHBOARD, execute, readCharts } from './bridge.js';
import { Charts } from './Charts.jsx';
import { HighRisk } from './HighRisk.jsx';
import { Level } from './Level.jsx';
import { follow } from './live.js';
import { Numbers } from './Numbers.jsx';
import { oneAtATime } from './refreshing.js';

const MOVES_CHARTS = [
  'DISTRIBUTION_UPDATE',
  'USER_RISK_UPDATE',
  'CLUSTERING_COMPLETE',
  'KPI_TREND_UPDATE',
];
const MOST_ALERTS = 20;
const STATES = {
  live: 'En vivo',
  away: 'Sin conexión en vivo; reintentando',
  refused: 'El monitor no permite que esta página lo siga en vivo',
};

function isAlert(message) {
  return message.type === 'CRITICAL_ALERT';
}

export function App() {
  const [charts, setCharts] = useState(null);
  const [alerts, setAlerts] = useState([]);
  const [channels, setChannels] = useState({ live: 'away', alerts: 'away' });
  const [isRunning, setRunning] = useState(false);
  const [notice, setNotice] = useState('');
  const [errors, setErrors] = useState({});

  function tell(where, error) {
    setErrors((known) => ({ ...known, [where]: error?.message }));
  }

  useEffect(() => {
    const refresh = oneAtATime(async () => {
      try {
        setCharts(await readCharts());
        tell('charts', null);
      } catch (error) {
        tell('charts', error);
      }
    });

    refresh();
    const leaveLive = follow('live', {
      onGap: refresh,
      onState: (live) => setChannels((known) => ({ ...known, live })),
      onEvent: (message) => {
        if (MOVES_CHARTS.includes(message.type)) refresh();
        if (message.type === 'ERROR') tell('live', message.payload);
      },
    });
    const leaveAlerts = follow('alerts', {
      onGap: ({ recent_messages: recent }) => setAlerts(recent.filter(isAlert).reverse()),
      onState: (state) => setChannels((known) => ({ ...known, alerts: state })),
      onEvent: (message) => {
        if (isAlert(message)) setAlerts((known) => [message, ...known].slice(0, MOST_ALERTS));
      },
    });
    return () => {
      leaveLive();
      leaveAlerts();
    };
  }, []);

  async function run() {
    setRunning(true);
    setNotice('');
    tell('run', null);
    try {
      setNotice((await execute()).message); // CLUSTERING_COMPLETE has the charts read again
    } catch (error) {
      tell('run', error);
    } finally {
      setRunning(false);
    }
  }

  const state = channels.live === 'live' ? channels.alerts : channels.live;
  return (
    <main>
      <header>
        <h1>AURA · Riesgo en vivo</h1>
        <p className="state" data-state={state}>
          {STATES[state]}
        </p>
        <button type="button" onClick={run} disabled={isRunning}>
          {isRunning ? 'Agrupando…' : 'Reejecutar agrupamiento'}
        </button>
      </header>

      {Object.entries(errors).map(([where, message]) =>
        message ? (
          <p role="alert" key={where}>
            {message}
          </p>
        ) : null,
      )}
      {notice ? <p role="status">{notice}</p> : null}

      {charts ? (
        <>
          <Numbers {...charts} />
          <Charts {...charts} />
          <HighRisk answer={charts.highRisk} />
        </>
      ) : (
        <p>Cargando…</p>
      )}

      <section aria-label="Alertas">
        <h2>Alertas</h2>
        {alerts.length ? (
          <ul>
            {alerts.map(({ seq, payload }) => (
              <li key={seq} data-user={payload.user_id}>
                <strong>{payload.priority === 'URGENT' ? 'Urgente' : 'Alta'}</strong>{' '}
                <code>{payload.user_id}</code> · ASI {payload.severity_index}
                <p>{payload.factors.join(' · ')}</p>
                <p>{payload.suggested_action}</p>
              </li>
            ))}
          </ul>
        ) : (
          <p>Sin alertas recientes.</p>
        )}
      </section>

      <Level onError={(error) => tell('level', error)} />

      {charts ? (
        <section aria-label="Tablero">
          <h2>Tablero</h2>
          {/* Loaded anew when other data are in view. */}
          <iframe
            key={charts.distribution.meta.last_updated}
            src={DASHBOARD}
            title="Tablero del monitor"
          />
        </section>
      ) : null}
    </main>
  );
}

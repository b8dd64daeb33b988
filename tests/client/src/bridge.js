// The bridge's address, and its calls over HTTP.

const query = new URLSearchParams(window.location.search);
const address = query.get('bridge') ?? import.meta.env.VITE_BRIDGE ?? 'http://127.0.0.1:8001';

export const BRIDGE = address.replace(/\/+$/, '');

const DATA = '/api/v2/clustering/data';
const CLUSTERING = '/api/v1/clustering';

export const DASHBOARD = `${BRIDGE}${CLUSTERING}/visualize/dashboard`;

async function call(path, options) {
  let response;
  try {
    response = await fetch(`${BRIDGE}${path}`, options);
  } catch {
    // A browser does not tell a page which of the two it is.
    throw new Error(
      'El monitor no responde, o no permite que esta página lo lea (AURA_CORS_ORIGINS).',
    );
  }
  if (!response.ok) {
    // A proxy between here and the bridge may answer with something else than JSON.
    const data = await response.json().catch(() => ({}));
    throw new Error(data.message ?? `El monitor respondió ${response.status}.`);
  }
  return response;
}

async function json(path, options) {
  return (await call(path, options)).json();
}

// Everything that is drawn, read together.
export async function readCharts() {
  const [distribution, scatter, radar, histogram, trends, highRisk] = await Promise.all([
    json(`${DATA}/distribution`),
    json(`${DATA}/scatter`),
    json(`${DATA}/radar`),
    json(`${DATA}/severity-histogram`),
    json(`${DATA}/kpi-trends?hours=24`),
    json(`${DATA}/high-risk-users?limit=10`),
  ]);
  return { distribution, scatter, radar, histogram, trends, highRisk };
}

export async function readLevel(level, limit) {
  const path = `${CLUSTERING}/users/${encodeURIComponent(level)}?limit=${limit}`;
  const response = await call(path);
  return { people: await response.json(), total: Number(response.headers.get('X-Total-Count')) };
}

// Answers when the run has ended.
export function execute() {
  return json(`${CLUSTERING}/execute`, { method: 'POST' });
}

function shown(number) {
  return number.toLocaleString('es-MX');
}

/** The figures behind the charts, as the bridge tells them. */
export function Numbers({ distribution, scatter, histogram, highRisk }) {
  const counts = distribution.datasets[0]?.data ?? [];
  const numbers = [
    ['Personas', distribution.meta.total_users],
    ...distribution.labels.map((label, position) => [label, counts[position]]),
    ['% en alto riesgo', distribution.meta.high_risk_percentage],
    ['ASI medio', histogram.meta.mean_severity],
    ['ASI máximo', histogram.meta.max_severity],
    ['% con ASI sobre 60', histogram.meta.above_60_percent],
    ['Puntos en el mapa', scatter.meta.total_points],
    ['Personas en la lista', highRisk.total_high_risk],
  ];
  return (
    <dl>
      {numbers.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{shown(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

import { useMemo } from 'react';

import { Graph } from './Graph.jsx';

/** Every v2 answer goes into its chart as it came. */
export function Charts({ distribution, scatter, radar, histogram, trends }) {
  const { x, y } = scatter.meta.axis_labels;
  const axes = useMemo(
    () => ({
      scales: {
        x: { title: { display: true, text: x } },
        y: { title: { display: true, text: y } },
      },
    }),
    [x, y],
  );
  return (
    <section className="charts" aria-label="Gráficas">
      <Graph type="doughnut" data={distribution} name="Personas por nivel" />
      <Graph type="scatter" data={scatter} options={axes} name="Mapa de personas" />
      <Graph type="radar" data={radar} name="Perfil medio por nivel" />
      <Graph type="bar" data={histogram} name="Personas por ASI" />
      <Graph type="line" data={trends} name="Indicadores de las últimas 24 horas" />
    </section>
  );
}

import Chart from 'chart.js/auto';
import { useEffect, useRef } from 'react';

/** Draws an answer of the bridge as it is. */
export function Graph({ type, data, name, options }) {
  const canvas = useRef(null);
  const chart = useRef(null);

  useEffect(() => {
    chart.current = new Chart(canvas.current, {
      type,
      data: { datasets: [] },
      options: { animation: false, maintainAspectRatio: false, ...options },
    });
    return () => chart.current.destroy();
  }, [type, options]);

  useEffect(() => {
    chart.current.data = data;
    chart.current.update();
  }, [data, type, options]);

  return (
    <figure>
      <figcaption>{name}</figcaption>
      <div className="plot">
        <canvas ref={canvas} role="img" aria-label={name} />
      </div>
    </figure>
  );
}

import { useState } from 'react';

import { readLevel } from './bridge.js';

const LEVELS = ['ALTO_RIESGO', 'RIESGO_MODERADO', 'BAJO_RIESGO'];
const MOST = 20;

/** The people of a level, asked for by its name. */
export function Level({ onError }) {
  const [level, setLevel] = useState(LEVELS[0]);
  const [found, setFound] = useState(null);

  async function ask(event) {
    event.preventDefault();
    try {
      setFound(await readLevel(level, MOST));
      onError(null);
    } catch (error) {
      setFound(null);
      onError(error);
    }
  }

  return (
    <section aria-label="Personas de un nivel">
      <h2>Personas de un nivel</h2>
      <form onSubmit={ask}>
        <label>
          Nivel{' '}
          <input list="levels" value={level} onChange={(event) => setLevel(event.target.value)} />
        </label>
        <datalist id="levels">
          {LEVELS.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit">Ver personas</button>
      </form>
      {found ? (
        <>
          <p>
            {found.people.length} de {found.total}.
          </p>
          <ol>
            {found.people.map((person) => (
              <li key={person.user_id_raiz}>
                <code>{person.user_id_raiz}</code> · ASI {person.severity_index} ·{' '}
                {person.total_votes} de 3 votos
              </li>
            ))}
          </ol>
        </>
      ) : null}
    </section>
  );
}

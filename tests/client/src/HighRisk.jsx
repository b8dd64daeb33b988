const FACTORS = {
  inactivity: 'Inactividad',
  night_activity: 'Noche',
  negativity: 'Negatividad',
  community_engagement: 'Comunidad',
};

/** The most severe of ALTO_RIESGO, and why. */
export function HighRisk({ answer }) {
  return (
    <section aria-label="Personas en alto riesgo">
      <h2>Personas en alto riesgo</h2>
      <p>
        {answer.users.length} de {answer.total_high_risk}, la más severa primero.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Persona</th>
            <th scope="col">ASI</th>
            {Object.values(FACTORS).map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
            <th scope="col">Datos de</th>
          </tr>
        </thead>
        <tbody>
          {answer.users.map((user) => (
            <tr key={user.user_id}>
              <td>
                <code>{user.user_id}</code>
              </td>
              <td>{user.severity_index}</td>
              {Object.keys(FACTORS).map((factor) => (
                <td key={factor}>{user.factors[factor]}</td>
              ))}
              <td>{new Date(user.last_updated).toLocaleString('es-MX')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

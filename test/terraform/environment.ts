/** What Terraform, or the google provider, takes from the environment in place of a configuration. */
const SETTINGS = [
  /^TF_VAR_/,
  /^TF_CLI_ARGS/,
  /^TF_(?:WORKSPACE|DATA_DIR|LOG.*)$/,
  /^(?:GOOGLE|GCLOUD|CLOUDSDK)_/,
  /^USER_PROJECT_OVERRIDE$/,
];

/** The environment without what somebody has set there for a deployment of their own. */
export function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(environment).filter(([name]) => {
    return !SETTINGS.some((pattern) => pattern.test(name));
  });
  return { ...Object.fromEntries(others), TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' };
}

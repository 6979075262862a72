import { withoutSettings } from './environment';

it('gives Terraform no variables of another deployment', () => {
  const own = {
    TF_VAR_kms: '{}',
    TF_CLI_ARGS_plan: '-destroy',
    TF_WORKSPACE: 'staging',
    GOOGLE_IMPERSONATE_SERVICE_ACCOUNT: 'deployer@vendor.iam.gserviceaccount.com',
    CLOUDSDK_CORE_PROJECT: 'vendor',
    USER_PROJECT_OVERRIDE: 'true',
  };
  const needed = { PATH: '/bin', TF_CLI_CONFIG_FILE: 'mirror.tfrc', TF_PLUGIN_CACHE_DIR: 'cache' };

  expect(withoutSettings({ ...own, ...needed })).toEqual({
    ...needed,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
  });
});

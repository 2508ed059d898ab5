// SPDX-License-Identifier: LGPL-2.1-or-later
// The conversation of MeshCentral's bare-metal activation, driven through its own WS-Man modules:
// the first batch, MEBx password, the hex digest, the clock, TLS, commit, and a reading batch after.
'use strict';
const fs = require('fs');
const crypto = require('crypto');
const forge = require('node-forge');
const comm = require('meshcentral/amt/amt-wsman-comm');
const wsman = require('meshcentral/amt/amt-wsman');
const amt = require('meshcentral/amt/amt');
const [host, port, folder, password] = process.argv.slice(2);
const read = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8');

function open(user, pass, options) {
  const connection = comm(host, Number(port), user, pass, 1, options);
  connection.xtlsFingerprint = 0;
  return amt(wsman(connection));
}

const promise = (start) => new Promise((resolve, reject) => start((stack, name, responses, status) =>
  status === 200 ? resolve(responses) : reject(new Error(`${name}: status ${status}`))));
const batch = (stack, names) => promise((done) => stack.BatchEnum(null, names, done));

function succeed(name, answer) {
  if (answer.Body.ReturnValue !== 0) throw new Error(`${name}: ReturnValue ${answer.Body.ReturnValue}`);
  return answer.Body;
}

function makeCertificate(derKey) {
  const ca = forge.pki.privateKeyFromPem(read('good-root.key'));
  const certificate = forge.pki.createCertificate();
  const key = forge.asn1.fromDer(forge.util.decode64(derKey));
  certificate.publicKey = forge.pki.publicKeyFromAsn1(key);
  certificate.serialNumber = '02';
  certificate.validity.notBefore = new Date(Date.now() - 86400000);
  certificate.validity.notAfter = new Date(Date.now() + 86400000 * 365);
  certificate.setSubject([{ name: 'commonName', value: 'pc1' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'Root good' }]);
  certificate.sign(ca, forge.md.sha256.create());
  return forge.util.encode64(forge.asn1.toDer(forge.pki.certificateToAsn1(certificate)).getBytes());
}

async function setTime(stack) {
  const low = succeed('GetLowAccuracyTimeSynch', await promise((done) =>
    stack.AMT_TimeSynchronizationService_GetLowAccuracyTimeSynch(done)));
  const now = Math.floor(Date.now() / 1000);
  succeed('SetHighAccuracyTimeSynch', await promise((done) =>
    stack.AMT_TimeSynchronizationService_SetHighAccuracyTimeSynch(low.Ta0, now, now, done)));
}

const reference = (stack, name, selector, value) => '<a:Address>/wsman</a:Address>' +
  `<a:ReferenceParameters><w:ResourceURI>${stack.CompleteName(name)}</w:ResourceURI><w:SelectorSet>` +
  `<w:Selector Name="${selector}">${value}</w:Selector></w:SelectorSet></a:ReferenceParameters>`;

async function setTls(stack) {
  const before = await batch(stack, ['AMT_PublicKeyCertificate', 'AMT_PublicPrivateKeyPair',
    'AMT_TLSSettingData', 'AMT_TLSCredentialContext']);
  const made = succeed('GenerateKeyPair', await promise((done) =>
    stack.AMT_PublicKeyManagementService_GenerateKeyPair(0, 2048, done)));
  const id = made.KeyPair.ReferenceParameters.SelectorSet.Selector.Value;
  const keys = await promise((done) => stack.Enum('AMT_PublicPrivateKeyPair', done));
  const pair = keys.find((key) => key.InstanceID === id);
  const added = succeed('AddCertificate', await promise((done) =>
    stack.AMT_PublicKeyManagementService_AddCertificate(makeCertificate(pair.DERKey), done)));
  const certificate = added.CreatedCertificate.ReferenceParameters.SelectorSet.Selector.Value;
  await promise((done) => stack.Create('AMT_TLSCredentialContext', {
    ElementInContext: reference(stack, 'AMT_PublicKeyCertificate', 'InstanceID', certificate),
    ElementProvidingContext: reference(stack, 'AMT_TLSProtocolEndpointCollection', 'ElementName',
      'TLSProtocolEndpointInstances Collection'),
  }, done));
  const settings = before.AMT_TLSSettingData.responses;
  const remote = settings.find((item) => item.InstanceID !== 'Intel(r) AMT LMS TLS Settings');
  Object.assign(remote, { Enabled: true, MutualAuthentication: false, AcceptNonSecureConnections: true });
  delete remote.TrustedCN;
  await promise((done) => stack.Put('AMT_TLSSettingData', remote, done, 0, 1, remote));
}

async function main() {
  const stack = open('admin', '', { cert: read('good-leaf.pem') + read('good-root.pem'), key: read('good-leaf.key') });
  const first = await batch(stack, ['*AMT_GeneralSettings', 'CIM_SoftwareIdentity',
    '*AMT_SetupAndConfigurationService']);
  const realm = first.AMT_GeneralSettings.response.DigestRealm;
  if (first.AMT_SetupAndConfigurationService.response.ProvisioningState !== 1)
    throw new Error('the machine is not in setup');
  if (!first.CIM_SoftwareIdentity.responses.some((item) => item.InstanceID === 'AMT'))
    throw new Error('no version among the software identities');
  succeed('SetMEBxPassword', await promise((done) =>
    stack.AMT_SetupAndConfigurationService_SetMEBxPassword(password, done)));
  const digest = crypto.createHash('md5').update(`admin:${realm}:${password}`).digest('hex');
  succeed('SetAdminAclEntryEx', await promise((done) =>
    stack.AMT_AuthorizationService_SetAdminAclEntryEx('admin', digest, done)));
  await setTime(stack);
  await setTls(stack);
  succeed('CommitChanges', await promise((done) =>
    stack.AMT_SetupAndConfigurationService_CommitChanges(null, done)));

  const after = open('admin', password, {});
  const last = await batch(after, ['*AMT_GeneralSettings', '*AMT_RedirectionService',
    '*CIM_KVMRedirectionSAP', '*IPS_OptInService', '*AMT_SetupAndConfigurationService',
    'AMT_TLSCredentialContext', '*IPS_HostBasedSetupService', 'CIM_Chassis', 'CIM_Card',
    'CIM_Processor', 'CIM_PhysicalMemory', 'CIM_MediaAccessDevice', 'CIM_PhysicalPackage',
    'AMT_EthernetPortSettings', 'AMT_ManagementPresenceRemoteSAP']);
  if (last.AMT_SetupAndConfigurationService.response.ProvisioningState !== 2)
    throw new Error('the machine is not operational');
  process.exit(0);
}

setTimeout(() => { console.log('# no end within 60 seconds'); process.exit(1); }, 60000);
main().catch((error) => { console.log('# ' + error.message); process.exit(1); });

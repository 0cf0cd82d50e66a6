using System.Security.Cryptography;
using System.Text;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Cli.Commands;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Verbs;

/// <summary>A lease's receipts and evidence at its datacenter, asked for with the wallet's word.</summary>
internal static class Records
{
    public static async Task<RecordClient> OfAsync(Call call, ArchivedLease lease)
    {
        var chain = await call.ChainAsync();
        var endpoint = call.Gateways.Checked((await chain.EntryAsync(Address.Parse(lease.Terms.Provider), call.Cancellation)).Endpoint);
        var signer = call.Wallet.Open();
        return new RecordClient(call.Gateways.Open(endpoint), lease.Id, async (url, stop) =>
        {
            var text = ReaderProof.Message(url, signer.Address, chain.ChainId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), call.Here.Clock.GetUtcNow()).ToText();
            return new ReaderWord(text, (await signer.SignMessageAsync(Encoding.UTF8.GetBytes(text), stop)).ToString());
        }, call.Here.Clock);
    }
}

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
            var signed = await ReaderProof.SignAsync(url, signer, chain.ChainId, call.Here.Clock, stop);
            return new ReaderWord(signed.Text, signed.Signature);
        }, call.Here.Clock);
    }
}

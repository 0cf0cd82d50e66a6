using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Ledger;

/// <summary>
/// That a contract is there and stays what it was. The whole code is some 20 KB: it is fetched now and then; that the
/// contract answers a probe is seen on each pass.
/// </summary>
/// <param name="name">For people, e.g. "lease manager".</param>
/// <param name="pinned">Hash that the code must have; null: whatever it has when it is first seen.</param>
internal sealed class CodeCheck(EthereumClient client, LedgerOptions options, TimeProvider clock, string name, Address contract, string probed, Bytes32? pinned)
{
    private Bytes32? known = pinned;
    private DateTimeOffset lookedAt = DateTimeOffset.MinValue;

    private bool IsDue => clock.GetUtcNow() - lookedAt >= options.CodeCheckInterval;

    /// <summary>For what is not worth a call on each pass: the money of leases and the stake never move by this operator's word.</summary>
    /// <param name="probe">A view that returns an address.</param>
    /// <param name="expected">The address that it must return; null: any.</param>
    public async Task CheckNowAndThenAsync(FunctionMessage probe, Address? expected, CancellationToken cancellation)
    {
        if (IsDue) await CheckAsync((await client.Rpc.SendBatchAsync([EthereumClient.ToRequest(contract, probe)], cancellation))[0], expected, cancellation);
    }

    /// <param name="probe">Answer of a view that returns an address.</param>
    /// <param name="expected">The address that it must return; null: any.</param>
    public async Task CheckAsync(RpcResult probe, Address? expected, CancellationToken cancellation)
    {
        var answer = probe.Error is null ? probe.Get<byte[]>() : [];
        var answers = answer.Length == Bytes32.Size;
        if (!answers || IsDue)
        {
            var code = await client.GetCodeAsync(contract, BlockParameter.Latest, cancellation);
            if (code.Length == 0)
                throw LedgerFault.Permanent($"There is no contract at {contract} on chain {options.ChainId}.");
            var hash = Keccak256.Hash(code);
            if (known is { } before && hash != before)
                throw LedgerFault.Permanent($"The code at {contract} has hash {hash}, pinned is {before}.");
            if (!answers)
                throw LedgerFault.Permanent($"The contract at {contract} is no {name}: it does not answer {probed}().");
            (known, lookedAt) = (hash, clock.GetUtcNow());
        }

        if (expected is { } wanted && new Address(answer.AsSpan(12)) is var said && said != wanted)
            throw LedgerFault.Permanent($"The {name} at {contract} belongs to {said}, configured is {wanted}: they are of two deployments.");
    }
}

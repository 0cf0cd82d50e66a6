using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;

namespace Federation.Chain.Tenancy;

/// <summary>Reads the whole registry, in batches. It is read anew once in a while: datacenters come and go by the day.</summary>
public sealed class EvmDatacenterDirectory(EthereumClient client, Address registry, TimeProvider clock) : IDatacenterDirectory, IDisposable
{
    // As many as a tenant could ask anyway, many times over.
    private const int MostProviders = 10_000;

    private const int PerBatch = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim reading = new(1);
    private (string Token, string Auditor, long At, IReadOnlyList<Candidate> All)? last;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Candidate>> ReadAsync(string token, string auditor, CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        try
        {
            if (last is { } known && known.Token == token && known.Auditor == auditor && clock.GetElapsedTime(known.At) < Fresh) return known.All;
            var all = await LedgerFault.WrapAsync("The registry", null, () => ReadAllAsync(Address.Parse(token), auditor.Length > 0 ? Address.Parse(auditor) : null, cancellation));
            last = (token, auditor, clock.GetTimestamp(), all);
            return all;
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose() => reading.Dispose();

    private async Task<IReadOnlyList<Candidate>> ReadAllAsync(Address token, Address? auditor, CancellationToken cancellation)
    {
        var count = (int)System.Numerics.BigInteger.Min(await client.CallAsync(registry, new ProviderCountFunction(), ct: cancellation), MostProviders);
        var all = new List<Candidate>();
        foreach (var page in Enumerable.Range(0, count).Chunk(PerBatch))
        {
            var providers = await AskAsync([.. page.Select(i => new ProviderAtFunction { Index = i })], cancellation);
            all.AddRange(await ReadPageAsync([.. providers], token, auditor, cancellation));
        }

        return all;
    }

    private async Task<IEnumerable<Candidate>> ReadPageAsync(Address[] providers, Address token, Address? auditor, CancellationToken cancellation)
    {
        var entries = await AskAsync([.. providers.Select(p => new DatacenterFunction { Provider = p })], cancellation);
        var stakes = await AskAsync([.. providers.Select(p => new FreeStakeFunction { Provider = p, Token = token })], cancellation);
        var attested = auditor is { } who ? await AskAsync([.. providers.Select(p => new AttestedFunction { Auditor = who, Provider = p })], cancellation) : null;
        return providers.Select((p, i) => new Candidate(
            new Place(p.ToString(), entries[i].Region), entries[i].Operator.ToString(), entries[i].Endpoint, entries[i].Active, attested is null ? entries[i].Capabilities : attested[i], stakes[i]));
    }

    private async Task<T[]> AskAsync<T>(FunctionMessage<T>[] calls, CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync([.. calls.Select(c => EthereumClient.ToRequest(registry, c))], cancellation);
        return [.. calls.Select((c, i) => c.DecodeOutput(answers[i].Get<byte[]>()))];
    }
}

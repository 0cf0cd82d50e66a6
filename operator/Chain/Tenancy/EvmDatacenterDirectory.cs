using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Tenancy;

/// <summary>Reads the whole registry, in batches. It is read anew once in a while: datacenters come and go by the day.</summary>
public sealed class EvmDatacenterDirectory(EthereumClient client, Address registry, TimeProvider clock, ILogger<EvmDatacenterDirectory> log) : IDatacenterDirectory, IDisposable
{
    // As many as a tenant could ask anyway, many times over.
    private const int MostProviders = 10_000;

    private const int PerBatch = 200;

    // The contract takes less; whatever it takes some day, no entry takes more room than this.
    private const int MostText = 512;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim reading = new(1);
    // Said once each.
    private readonly HashSet<Address> broken = [];
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
        var entries = await TryAskAsync([.. providers.Select(p => new DatacenterFunction { Provider = p })], cancellation);
        var stakes = await AskAsync([.. providers.Select(p => new FreeStakeFunction { Provider = p, Token = token })], cancellation);
        var attested = auditor is { } who ? await AskAsync([.. providers.Select(p => new AttestedFunction { Auditor = who, Provider = p })], cancellation) : null;
        var all = new List<Candidate>();
        for (var i = 0; i < providers.Length; i++)
        {
            var (entry, fault) = entries[i];
            if (entry is not null && entry.Region.Length <= MostText && entry.Endpoint.Length <= MostText)
                all.Add(new Candidate(new Place(providers[i].ToString(), entry.Region), entry.Operator.ToString(), entry.Endpoint, entry.Active, attested is null ? entry.Capabilities : attested[i], stakes[i]) { PriceBook = entry.PriceBook.ToString() });
            else if (broken.Add(providers[i]))
                log.LogWarning("The registry's entry of {Provider} is passed over: {Fault}", providers[i], fault ?? $"its region or endpoint is longer than {MostText} characters.");
        }

        return all;
    }

    // What an entry says is its owner's: one that does not decode is missing, and hides no other.
    private async Task<(T? Answer, string? Fault)[]> TryAskAsync<T>(FunctionMessage<T>[] calls, CancellationToken cancellation)
        where T : class
    {
        var answers = await client.Rpc.SendBatchAsync([.. calls.Select(c => EthereumClient.ToRequest(registry, c))], cancellation);
        return [.. calls.Select((c, i) => Decoded(c, answers[i].Get<byte[]>()))];

        static (T? Answer, string? Fault) Decoded(FunctionMessage<T> call, byte[] answer)
        {
            try
            {
                return (call.DecodeOutput(answer), null);
            }
            catch (AbiException e)
            {
                return (null, e.Message);
            }
        }
    }

    private async Task<T[]> AskAsync<T>(FunctionMessage<T>[] calls, CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync([.. calls.Select(c => EthereumClient.ToRequest(registry, c))], cancellation);
        return [.. calls.Select((c, i) => c.DecodeOutput(answers[i].Get<byte[]>()))];
    }
}

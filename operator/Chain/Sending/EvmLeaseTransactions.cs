using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Bindings.ResultBoard;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using TermsDifferError = Federation.Chain.Bindings.LeaseManager.TermsDifferError;

namespace Federation.Chain.Sending;

/// <summary>
/// Intents to transactions: activations, settlements and collects in batches, the others one by one. Each intent is simulated alone
/// first, so that one which would surely fail costs no gas and comes back with the contract's error in full.
/// </summary>
/// <param name="newest">Null: what was amended since the view that the intents come from is left for the next one.</param>
public sealed class EvmLeaseTransactions(EthereumClient client, Address leaseManager, Address market, Address results, TransactionSender sender, ChainMetrics? metrics = null, NewestTerms? newest = null) : ILeaseTransactions
{
    // The contract takes 100 items in one call; but a hundred settlements are 170 KB, and go-ethereum's pool takes no transaction
    // above 128 KiB, other chains' sequencers none above 95 KB.
    private const int BatchSize = 50;

    /// <inheritdoc/>
    public int MostTogether(ChainIntent first) => first is ActivateIntent or SettleIntent or CollectIntent ? BatchSize : 1;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation)
    {
        IntentOutcome[] outcomes = [.. await SubmitChunkAsync([.. intents.Where(i => i.GetType() == intents[0].GetType()).Take(MostTogether(intents[0]))], cancellation)];
        foreach (var outcome in outcomes)
            metrics?.Intents.Add(1, ChainMetrics.Tag("kind", KindOf(outcome.Intent)), ChainMetrics.Tag("outcome", outcome.Error is null ? "done" : "failed"));
        return outcomes;
    }

    private static async Task<IEnumerable<IntentOutcome>> OrWhyNotAsync(ChainIntent[] intents, Func<Task<IEnumerable<IntentOutcome>>> submit)
    {
        try
        {
            return await submit();
        }
        catch (ClusterException e)
        {
            return intents.Select(i => new IntentOutcome(i, null, 0, $"What was sent before cannot be read, and nothing is sent beside it: {e.Message}"));
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            return intents.Select(i => new IntentOutcome(i, null, 0, $"The node could not be asked: {e.Message}"));
        }
        catch (SignerUnavailableException e)
        {
            return intents.Select(i => new IntentOutcome(i, null, 0, e.Message));
        }
    }

    private Task<IEnumerable<IntentOutcome>> SubmitChunkAsync(ChainIntent[] chunk, CancellationToken cancellation) => OrWhyNotAsync(chunk, async () =>
    {
        if (await AdoptedAsync(chunk, cancellation) is { } before) return before;
        var problems = await SimulateAsync(chunk, cancellation);
        await BringUpAsync(chunk, problems, cancellation);
        Countersignatures.LeaveOut(chunk, problems);
        var good = chunk.Where((_, i) => problems[i] is null).ToArray();
        var bad = chunk.Zip(problems).Where(p => p.Second is not null).Select(p => new IntentOutcome(p.First, null, 0, p.Second));
        var outcomes = good.Length == 0 ? bad : bad.Concat(await SendAsync(good, cancellation));
        return chunk[0] is PostResultIntent ? [await JudgeAsync(outcomes.Single(), cancellation)] : outcomes;
    });

    // An earlier term sent it: what that comes to is the outcome. The rest is left for the next call.
    private async Task<IEnumerable<IntentOutcome>?> AdoptedAsync(ChainIntent[] chunk, CancellationToken cancellation)
    {
        if (await sender.TakeAdoptedAsync([.. chunk.Select(PurposeOf)], cancellation) is not { } adopted) return null;
        return OutcomesOf([.. chunk.Where(i => adopted.Purposes.Contains(PurposeOf(i)))], await adopted.Outcome.WaitAsync(cancellation));
    }

    // Once each: a tenant may change them again a minute later. The contract goes by the terms that it has, and the call only shows that it knows them.
    private async Task BringUpAsync(ChainIntent[] chunk, string?[] problems, CancellationToken cancellation)
    {
        if (newest is null) return;
        var renewed = new List<int>();
        for (var i = 0; i < chunk.Length; i++)
        {
            // A result is of the workload that ran: it is not that of another one.
            if (chunk[i] is not LeaseIntent intent || intent is not (SettleIntent or CloseIntent or CollectIntent) || !ContractErrors.Says(problems[i], TermsDifferError.Error)) continue;
            if (await newest.FindAsync(intent.Id, cancellation) is not { } terms || terms == intent.Terms) continue;
            chunk[i] = intent with { Terms = terms };
            renewed.Add(i);
        }

        if (renewed.Count == 0) return;
        foreach (var (at, problem) in renewed.Zip(await SimulateAsync([.. renewed.Select(i => chunk[i])], cancellation))) problems[at] = problem;
    }

    /// <summary>For each intent why it would fail; null when it would not.</summary>
    private async Task<string?[]> SimulateAsync(ChainIntent[] chunk, CancellationToken cancellation)
    {
        var problems = new string?[chunk.Length];
        var calls = new List<(int At, RpcRequest Request)>();
        for (var i = 0; i < chunk.Length; i++)
        {
            try
            {
                calls.Add((i, EthereumClient.ToRequest(ContractOf(chunk[i]), Single(chunk[i]), from: sender.Address)));
            }
            catch (Exception e) when (e is AbiException or FormatException or OverflowException)
            {
                problems[i] = $"The intent does not fit the contract: {e.Message}";
            }
        }

        var answers = await client.Rpc.SendBatchAsync([.. calls.Select(c => c.Request)], cancellation);
        foreach (var (call, answer) in calls.Zip(answers))
            if (answer.Error is { } error) problems[call.At] = ContractErrors.Explain(error) ?? $"The node could not be asked: {error.RpcMessage}";
        return problems;
    }

    // Each part answers for itself: one that cannot be sent says nothing of one that is mined.
    private Task<IEnumerable<IntentOutcome>> SendAsync(ChainIntent[] good, CancellationToken cancellation) => OrWhyNotAsync(good, async () =>
    {
        var message = good.Length == 1 ? Single(good[0]) : Many(good);
        var spare = Maturing.SpareGas(good) + await Countersignatures.SpareGasAsync(client, good, cancellation);
        var sent = await sender.SendAsync(ContractOf(good[0]), message, cancellation, [.. good.Select(PurposeOf)], spare);
        // Each would succeed alone. Halves find the one that spoils the others, or the size that goes.
        if (sent.IsReverted && good.Length > 1) return [.. await SendAsync(good[..(good.Length / 2)], cancellation), .. await SendAsync(good[(good.Length / 2)..], cancellation)];
        return OutcomesOf(good, sent);
    });

    private IEnumerable<IntentOutcome> OutcomesOf(ChainIntent[] intents, SendOutcome sent)
    {
        var effects = new BatchEffects(sent.Receipt?.Logs.Where(l => l.Address == leaseManager) ?? []);
        return intents.Select(i => OutcomeOf(i, sent, sent.Error ?? effects.FaultOf(i)));
    }

    private static IntentOutcome OutcomeOf(ChainIntent intent, SendOutcome sent, string? fault) =>
        new(intent, sent.Hash?.ToString(), sent.Receipt?.BlockNumber ?? 0, fault) { IsSignatureRefused = Countersignatures.IsRefused(intent, sent, fault) };

    // One leader may have posted and died before it heard of it, or two may post at once: what is there is as good as posted.
    private async Task<IntentOutcome> JudgeAsync(IntentOutcome outcome, CancellationToken cancellation)
    {
        if (ContractErrors.Says(outcome.Error, ReplicaIsPartError.Error)) return outcome with { IsRefusedForGood = true };
        return ContractErrors.Says(outcome.Error, ResultExistsError.Error)
            ? new IntentOutcome(outcome.Intent, null, await client.GetBlockNumberAsync(cancellation), null)
            : outcome;
    }

    private Address ContractOf(ChainIntent intent) => intent switch
    {
        BidIntent or AwardIntent => market,
        PostResultIntent => results,
        _ => leaseManager,
    };

    private static FunctionMessage Single(ChainIntent intent) => intent switch
    {
        BidIntent bid => new BidFunction { Request = bid.Request.ToContract(), Offer = bid.Offer.ToContract() },
        AwardIntent award => new AwardFunction { Request = award.Request.ToContract(), Offers = [.. award.Offers.Select(o => o.ToContract())] },
        LeaseIntent lease => Single(lease),
        _ => throw Unknown(intent),
    };

    private static FunctionMessage Single(LeaseIntent intent)
    {
        var (id, terms) = (intent.Id.ToContract(), intent.Terms.ToContract());
        return intent switch
        {
            ActivateIntent => new ActivateFunction { LeaseId = id, Terms = terms },
            RefuseIntent => new RefuseFunction { LeaseId = id, Terms = terms },
            CloseIntent close => new CloseFunction { LeaseId = id, Terms = terms, Expected = (byte)close.Expected },
            PostResultIntent post => new PostResultFunction { LeaseId = id, Terms = terms, Digest = Bytes32.Parse(post.Outcome.Digest), Status = post.Outcome.Status },
            SettleIntent settle => new SettleFunction { Terms = terms, Receipt = settle.Receipt.ToContract(), ProviderSignature = [], TenantSignature = SignatureOf(settle) },
            CollectIntent => new CollectFunction { LeaseId = id, Terms = terms },
            _ => throw Unknown(intent),
        };
    }

    private static FunctionMessage Many(ChainIntent[] intents)
    {
        Bytes32[] Ids() => [.. intents.Select(i => i.Id.ToContract())];
        Bindings.Terms[] Terms() => [.. intents.Select(i => ((LeaseIntent)i).Terms.ToContract())];
        return intents[0] switch
        {
            ActivateIntent => new ActivateManyFunction { LeaseIds = Ids(), Terms = Terms() },
            CollectIntent => new CollectManyFunction { LeaseIds = Ids(), Terms = Terms() },
            _ => new SettleManyFunction { Items = [.. intents.Cast<SettleIntent>().Select(Item)] },
        };
    }

    private static Bindings.Settlement Item(SettleIntent intent) =>
        new() { Terms = intent.Terms.ToContract(), Receipt = intent.Receipt.ToContract(), TenantSignature = SignatureOf(intent) };

    private static byte[] SignatureOf(SettleIntent intent) => intent.TenantSignature.Length == 0 ? [] : Hex.Decode(intent.TenantSignature);

    private static ArgumentException Unknown(ChainIntent intent) => new($"No transaction is known for {intent.GetType().Name}.", nameof(intent));

    // Of one kind a lease has one transaction after the other; settlements tell themselves apart by their number.
    private static string PurposeOf(ChainIntent intent) => $"{KindOf(intent)} {intent.Id.Hex}" + (intent is SettleIntent settle ? $" {settle.Receipt.Seq}" : "");

    private static string KindOf(ChainIntent intent) => intent.GetType().Name.Replace("Intent", "").ToLowerInvariant();
}

using System.Numerics;
using Federation.Application.Amending;
using Federation.Application.Countersigning;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Kubernetes.Client;
using UsagePosition = Federation.Domain.Usage.UsagePosition;

namespace Federation.Cli.Verbs;

/// <summary>What somebody takes of a longer term without being asked.</summary>
/// <param name="MaxPrice">Smallest units an hour at full load; null: no limit.</param>
internal sealed record RenewalRules(bool TakesAnyPrice, BigInteger? MaxPrice, bool TakesAnyUsage, bool IsSure);

/// <summary>What a datacenter signed.</summary>
/// <param name="Lease">As it was before that.</param>
/// <param name="Settlements">Of the lease, before that: one that comes later says nothing of what was signed.</param>
internal sealed record Proposal(ArchivedLease Lease, IReadOnlyList<ArchivedSettlement> Settlements, SignedAmendment Amendment)
{
    public LeaseTerms Next => Amendment.Terms.New;
}

/// <summary>A longer term of one lease: asked for, looked at with the usage that it settles, and sent.</summary>
/// <param name="read">The lease as the chain has it now.</param>
internal sealed class Renewal(Call call, Purse purse, TokenUnits units, uint longer, RenewalRules rules, Func<Task<ArchivedLease>> read)
{
    private static readonly TimeSpan RequestLife = TimeSpan.FromSeconds(90);

    // A datacenter may hold an answer back for as long as it likes; somebody waits here.
    private static readonly TimeSpan EvidencePatience = TimeSpan.FromSeconds(60);

    // A datacenter believes money after some blocks, and reads, and follows another leader, within as long.
    private static readonly TimeSpan PassingPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // A datacenter settles every few minutes; one that does every few seconds is overtaken at last.
    private const int MostOvertaken = 9;

    // Less than that is left of an amendment, and a block may come after it.
    private const long ShortestLifeSeconds = 15;

    private readonly FetchedWindows fetched = new();

    // What somebody has said yes to: the terms, what is paid at once, and until when that was measured.
    private (LeaseTerms Next, BigInteger AtOnce, long Through)? agreed;

    // While nothing is.
    private string sent = "Nothing was sent: ";

    /// <summary>Asks, and again where the answer is one that passes.</summary>
    /// <returns>What the datacenter signed; null where it wants more in escrow first.</returns>
    /// <exception cref="CliException">It refuses for another reason, or signed something else.</exception>
    public Task<Proposal?> AskAsync() => call.Progress.WhileAsync("Asking the datacenter for a longer term…", async say =>
    {
        for (var since = call.Here.Clock.GetTimestamp(); ;)
        {
            var (proposal, no) = await AskOnceAsync();
            if (proposal is not null) return proposal;
            if (no!.Reason == "EscrowTooLow") return null;
            if (!no.IsPassing || call.Here.Clock.GetElapsedTime(since) > PassingPatience) throw new CliException(no.Reason == "NoAnswer" ? ExitCodes.GatewayUnreachable : ExitCodes.Refused, Refusal);
            say($"The datacenter cannot say yet, and is asked again: {Printable.Line(no.Message)}");
            await Task.Delay(Pause, call.Here.Clock, call.Cancellation);
        }
    });

    private sealed record No(string Reason, string Message, bool IsPassing);

    private async Task<(Proposal? Proposal, No? No)> AskOnceAsync()
    {
        var (chain, lease) = (await call.ChainAsync(), await read());
        var terms = lease.Terms;
        if (terms.DurationSeconds > uint.MaxValue - longer) throw new CliException(ExitCodes.Usage, "--duration: no term is that long.");
        var settlements = (await chain.Archive.ReadHistoryAsync(lease, call.Cancellation)).Settlements;
        var entry = await chain.EntryAsync(Address.Parse(terms.Provider), call.Cancellation);
        var most = rules.TakesAnyPrice ? Manifest.Anything : new Ceiling(terms.Prices, PriceBook.Most, PriceBook.Most, PriceBook.Most);
        var wish = new Wish(new System.Text.Json.Nodes.JsonObject(), terms.SpecHash, terms.Resources, [], most, PlacementRules.None, null, null, terms.Token, terms.Arbiter, terms.NoticeSeconds);
        var expires = await NowAsync(chain) + (long)RequestLife.TotalSeconds;
        var order = await purse.Orders.PrepareAsync(
            lease.Id, Market.Draft(wish, Address.Zero.ToString(), terms.Token, terms.DurationSeconds + longer, BigInteger.Max(1, lease.Lease.Escrow), expires), call.Cancellation);
        using var desk = new HttpQuoteDesk(call.Settings.CheckedGateways(), call.Here.Clock, GatewayDoor.LeaderPatience);
        var answer = await desk.AmendAsync(call.Gateways.Checked(entry.Endpoint).AbsoluteUri, order, call.Cancellation);
        if (answer.Answer is not { } amendment)
        {
            Refusal = $"{sent}the datacenter does not make the term longer: {Printable.Line(answer.Reason)}: {Printable.Line(answer.Message)}";
            return (null, new No(answer.Reason, answer.Message, Passes(answer.Reason, lease.Lease)));
        }

        if (purse.Orders.FaultOf(amendment, lease.Id, terms, order.Request, entry.Operator.ToString()) is { } fault) throw new CliException(ExitCodes.Refused, $"{sent}what the datacenter signed is not what was asked for: {Printable.Line(fault)}");
        var hour = LeaseSheet.PerHour(amendment.Terms.New.Prices, amendment.Terms.New.Resources);
        return hour > rules.MaxPrice ? throw new CliException(ExitCodes.Refused, $"{sent}an hour would cost {units.Show(hour)}, --max-price is {units.Show(rules.MaxPrice.Value)}.") : (new Proposal(lease, settlements, amendment), null);
    }

    // What its operator has not read yet is there after some blocks.
    private static bool Passes(string reason, ChainLease lease) =>
        reason is QuoteReasons.NotLeading or "ChainUnavailable" or "Unavailable" or "TooManyRequests" or AmendmentReasons.WindowOpen || (reason == "LeaseNotActive" && lease.State == LeaseState.Active);

    /// <summary>Why the datacenter wants more in escrow, for people.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>Asks anew until the datacenter has seen that there is more in escrow.</summary>
    /// <exception cref="CliException">It is too little still, or something else is not as it has to be.</exception>
    public async Task<Proposal> AskPaidAsync()
    {
        var since = call.Here.Clock.GetTimestamp();
        while (true)
        {
            if (await AskAsync() is { } proposal) return proposal;
            if (call.Here.Clock.GetElapsedTime(since) > PassingPatience) throw new CliException(ExitCodes.Refused, Refusal);
            await Task.Delay(Pause, call.Here.Clock, call.Cancellation);
        }
    }

    /// <summary>From here on something is sent already.</summary>
    public void Sent() => sent = "";

    /// <summary>Looks at the usage that it settles, and asks whether all of it is wanted: once, where only usage that holds is another.</summary>
    /// <exception cref="CliException">It is not, or speaks against itself.</exception>
    public async Task ConfirmAsync(Proposal proposal)
    {
        var (chain, lease, next) = (await call.ChainAsync(), proposal.Lease, proposal.Next);
        var last = proposal.Settlements is [.., var receipt] ? receipt : null;
        var (measured, broken) = await call.Progress.WhileAsync("Looking at the evidence of what was used…", _ => EvidenceAsync(lease, ArchivedSettlement.ShownOf(proposal.Settlements)?.EvidenceRoot));
        var claim = new UsageClaim(proposal.Amendment.Terms, lease, last, await StatusAsync(lease)) { Measured = measured };
        var fault = claim.FaultOf(await NowAsync(chain)) ?? broken;
        var (before, after) = (LeaseSheet.PerHour(lease.Terms.Prices, lease.Terms.Resources), LeaseSheet.PerHour(next.Prices, next.Resources));
        var price = after == before ? $"{units.Show(after)} an hour at full load, as before" : $"{units.Show(after)} an hour at full load from now on, {units.Show(before)} before";
        var text = $"{claim.Text(units)}\nThe term becomes {Shown.Span(next.DurationSeconds)}, for {price}, with {Shown.Span(next.NoticeSeconds)} notice.";
        if (fault is not null && !rules.TakesAnyUsage)
            throw new CliException(ExitCodes.Refused, $"{sent}the longer term comes with usage that would be countersigned, and that cannot be right. {fault}\n{text}\nHave the datacenter explain it; --accept-usage takes it as it is.");
        if ((claim.IsUnseen || claim.IsStale) && rules.IsSure && !rules.TakesAnyUsage)
            throw new CliException(ExitCodes.Refused, $"{sent}the longer term comes with usage that would be countersigned unseen, which --yes does not mean.\n{text}\nAsk again when the datacenter shows it, or say yes when asked; --accept-usage takes it as it is.");
        var isSure = rules.IsSure || (fault is null && !claim.IsUnseen && !claim.IsStale && IsAgreed(lease.Terms, next, claim));
        Confirmation.Require(call, isSure, $"{text}\nCountersign that?");
        if (isSure) call.Progress.Done(text);
        agreed = (next, claim.AtOnce, claim.Terms.Through);
    }

    // The same terms, and no more to pay than what can have been used since.
    private bool IsAgreed(LeaseTerms terms, LeaseTerms next, UsageClaim claim) => agreed is var (agreedTerms, atOnce, through) && agreedTerms == next
        && claim.AtOnce <= atOnce + Accrual.RateCap(terms.Prices, terms.Resources, Math.Max(0, claim.Terms.Through - through));

    /// <summary>Sends it; where a settlement comes first, what it settles then is asked for and looked at again.</summary>
    /// <exception cref="CliException">It did not take effect.</exception>
    public async Task SendAsync(Proposal proposal)
    {
        for (var left = MostOvertaken; !await TrySendAsync(proposal, isLast: left == 0); left--)
        {
            call.Progress.Done("A settlement came first, or it took too long: the datacenter is asked again.");
            proposal = await AskAsync() ?? throw new CliException(ExitCodes.Refused, Refusal);
            await ConfirmAsync(proposal);
        }

        call.Progress.Done($"The term is {Shown.Span(proposal.Next.DurationSeconds)} now.");
    }

    private async Task<bool> TrySendAsync(Proposal proposal, bool isLast)
    {
        // Who reads for a while is not told by a transaction that it was too long.
        if (!isLast && proposal.Amendment.Terms.ExpiresAt - await (await call.ChainAsync()).TimeAsync(call.Cancellation) < ShortestLifeSeconds) return false;
        try
        {
            await purse.SendAsync(call, $"Making the term {Shown.Span(longer)} longer", new AmendIntent(proposal.Lease.Id, proposal.Amendment));
            return true;
        }
        catch (CliException e) when (e.IsOvertaken && !isLast)
        {
            return false;
        }
    }

    private async Task<long> NowAsync(ChainDoor chain) => Math.Max(await chain.TimeAsync(call.Cancellation), call.Here.Clock.GetUtcNow().ToUnixTimeSeconds());

    // What was measured until the receipt that comes next, folded anew. A fault is what speaks against it.
    private async Task<(UsagePosition? Measured, string? Fault)> EvidenceAsync(ArchivedLease lease, string? settled)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
        using var timer = call.Here.Clock.CreateTimer(_ => limit.Cancel(), null, EvidencePatience, Timeout.InfiniteTimeSpan);
        try
        {
            var trail = new EvidenceTrail(lease.Id, await Records.OfAsync(call, lease), fetched, new KeccakHasher());
            if (await trail.RootAsync(settled, limit.Token) is not { } root) return (null, null);
            var (measured, problem, _) = await trail.FollowAsync(root, limit.Token);
            return (measured, problem is null ? null : Printable.Line(problem));
        }
        catch (OperationCanceledException) when (!call.Cancellation.IsCancellationRequested)
        {
            call.Progress.Done($"The evidence cannot be read: the datacenter has not handed it over within {EvidencePatience.TotalSeconds:0} s.");
            return (null, null);
        }
        catch (Exception e) when (IsOfADatacenter(e))
        {
            call.Progress.Done($"The evidence cannot be read: {Printable.Line(e.Message)}");
            return (null, null);
        }
    }

    // For comparison: it is the datacenter's word alone.
    private async Task<UsageVector?> StatusAsync(ArchivedLease lease)
    {
        try
        {
            using var door = new LeaseDoor(await (await call.SignInAsync()).EnterAsync(Address.Parse(lease.Terms.Provider), isFresh: false, call.Cancellation), call.Here.Clock);
            return UsageClaim.OfStatus(await door.ReadAsync(lease.Id, call.Cancellation));
        }
        catch (Exception e) when (IsOfADatacenter(e))
        {
            call.Progress.Done($"The lease's status cannot be read: {Printable.Line(e.Message)}");
            return null;
        }
    }

    private static bool IsOfADatacenter(Exception e) =>
        e is GatewayException or GatewayRefusalException or KubernetesException or HttpRequestException or TimeoutException or FormatException or CliException { Code: ExitCodes.Refused or ExitCodes.NotFound };
}

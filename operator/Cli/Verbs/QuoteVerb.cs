using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Verbs;

/// <summary>What quote and create ask for, by the same flags.</summary>
internal sealed class WishFlags
{
    public Option<string> File { get; } = new("--filename", "-f") { HelpName = "FILE", Description = "Manifest: a ComputeLease, a ComputeRequest, or a workload alone; - for standard input.", Required = true };

    public Option<string> Duration { get; } = new("--duration") { HelpName = "TIME", Description = "Term of the lease, such as 90m or 7d; an hour when neither this nor the manifest says." };

    public Option<string> Deposit { get; } = new("--deposit") { HelpName = "AMOUNT", Description = "What goes into escrow, such as 12.5; the whole term at full load when left out. What is not used comes back." };

    public Option<string[]> Region { get; } = new("--region") { HelpName = "REGION", Description = "Datacenters of this region alone; may be given several times." };

    public Option<string[]> Provider { get; } = new("--provider") { HelpName = "ADDRESS", Description = "This datacenter alone; may be given several times." };

    public Option<string> Timeout { get; } = new("--ask-timeout") { HelpName = "TIME", Description = "How long each datacenter may take to answer; 15s when left out." };

    public Option<string> MaxPrice { get; } = new("--max-price") { HelpName = "AMOUNT", Description = "The most that an hour at full load may cost in all, fees of the term included, such as 1.5." };

    public Option<string> MaxDeposit { get; } = new("--max-deposit") { HelpName = "AMOUNT", Description = "The most that may go into escrow." };

    public Option<string> MaxReservationFee { get; } = new("--max-reservation-fee") { HelpName = "AMOUNT", Description = "The most that giving the lease up before it runs may cost; a hundredth of the escrow when neither this nor the manifest says." };

    public Option<string> MinDowntimeCredit { get; } = new("--min-downtime-credit") { HelpName = "PERCENT", Description = "The least of the full rate that a second of downtime has to be credited with, such as 50; any credit when neither this nor the manifest says." };

    public IReadOnlyList<Option> All => [File, Duration, Deposit, MaxPrice, MaxDeposit, MaxReservationFee, MinDowntimeCredit, Region, Provider, Timeout];

    /// <summary>What the manifest says with the flags over it, and all that was answered.</summary>
    /// <param name="wish">As it was read.</param>
    public async Task<Asked> AskAsync(Call call, Purse purse, Wish wish)
    {
        var chain = await call.ChainAsync();
        var token = wish.Token.Length > 0 ? Address.Parse(wish.Token) : call.Settings.TokenOf(chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        if (call.Of(Deposit) is { Length: > 0 } deposit) wish = wish with { Deposit = units.Parse(deposit, "--deposit") };
        wish = wish with { Limits = LimitsOf(call, units, wish.Limits) };
        // A flag stands over the file here, too: what the file agrees to would else be the most that any flag allows.
        if (call.Of(MaxReservationFee) is { Length: > 0 }) wish = wish with { Most = wish.Most with { ReservationFee = wish.Limits.ReservationFee!.Value } };
        if (wish.Deposit > wish.Limits.Deposit) throw new CliException(ExitCodes.Usage, $"The deposit is {units.Show(wish.Deposit.Value)}, --max-deposit is {units.Show(wish.Limits.Deposit.Value)}.");
        var seconds = call.Of(Duration) is { Length: > 0 } text ? Shown.Seconds(text, "--duration") : wish.DurationSeconds ?? 3_600;
        return await AskAsync(call, purse, wish, token, units, seconds);
    }

    /// <summary>The same once more, for who took longer than offers hold.</summary>
    public Task<Asked> AskAgainAsync(Call call, Purse purse, Asked before) => AskAsync(call, purse, before.Wish, before.Token, before.Units, before.Seconds);

    private async Task<Asked> AskAsync(Call call, Purse purse, Wish wish, Address token, TokenUnits units, uint seconds)
    {
        var chain = await call.ChainAsync();
        var patience = TimeSpan.FromSeconds(Shown.Seconds(call.Of(Timeout) ?? "15s", "--ask-timeout"));
        using var desk = new HttpQuoteDesk(call.Settings.CheckedGateways(), call.Here.Clock, patience);
        var market = new Market(chain, call.Gateways, desk, purse.Orders, call.Here.Clock);
        var answers = await call.Progress.WhileAsync("Asking the datacenters…", _ => market.AskAsync(wish, token, units, seconds, patience, call.Cancellation));
        return new Asked(wish, token, units, seconds, answers, Math.Max(await chain.TimeAsync(call.Cancellation), call.Here.Clock.GetUtcNow().ToUnixTimeSeconds()));
    }

    private Limits LimitsOf(Call call, TokenUnits units, Limits said)
    {
        System.Numerics.BigInteger? Amount(Option<string> option) => call.Of(option) is { Length: > 0 } text ? units.Parse(text, option.Name) : null;
        return new Limits(Amount(MaxPrice), Amount(MaxDeposit), Amount(MaxReservationFee) ?? said.ReservationFee);
    }

    /// <summary>The manifest, with those flags over it that need no chain; what it says and nobody does is said at once.</summary>
    /// <exception cref="CliException">It cannot be read, or a part of it would be read over.</exception>
    public Wish Read(Call call)
    {
        var file = call.Of(File)!;
        string text;
        try
        {
            text = file == "-" ? call.Here.In.ReadToEnd() : System.IO.File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"{file} cannot be read: {e.Message}", e);
        }

        var wish = Manifest.Read(text, file == "-" ? "standard input" : file);
        var (regions, providers) = (call.Of(Region) ?? [], call.Of(Provider) ?? []);
        if (providers.FirstOrDefault(p => !Address.TryParse(p, out _)) is { } odd) throw new CliException(ExitCodes.Usage, $"--provider '{odd}' is no address: 0x and 40 hex digits.");
        foreach (var undone in wish.Undone) call.Progress.Warn(undone);
        if (call.Of(MinDowntimeCredit) is { Length: > 0 } credit) wish = wish with { Most = wish.Most with { MinDowntimeBps = Shown.BasisPoints(credit, MinDowntimeCredit.Name) } };
        return wish with { Placement = wish.Placement with { Regions = regions.Length > 0 ? regions : wish.Placement.Regions, Allow = providers.Length > 0 ? providers : wish.Placement.Allow } };
    }
}

/// <param name="Now">Unix seconds: what is over by then is no offer.</param>
internal sealed record Asked(Wish Wish, Address Token, TokenUnits Units, uint Seconds, IReadOnlyList<Answer> Answers, long Now)
{
    public Answer? Cheapest => Market.Choose(Answers, Wish, Seconds, Now);

    /// <summary>What is as good as that to who has said yes to it: of the same datacenter, and in nothing dearer; null where there is none.</summary>
    public Answer? NoWorseThan(Answer agreed) => Answers.FirstOrDefault(a =>
        a.Offer is { Terms: var now } && agreed.Offer is { Terms: var old } && a.ExpiresAt > Now && a.From.Place.Provider == agreed.From.Place.Provider && a.Deposit <= agreed.Deposit && a.LastsSeconds >= agreed.LastsSeconds
        && QuoteChoice.FaultOf(a.ToQuote(), new Ceiling(old.Prices, old.StartFee, old.MinCharge, old.ReservationFee), Wish.Resources) is null && now.NoticeSeconds == old.NoticeSeconds && now.DowntimeBps >= old.DowntimeBps);

    /// <summary>What the term costs at most.</summary>
    public System.Numerics.BigInteger TermOf(Answer answer) => QuoteChoice.Cost(answer.ToQuote(), Wish.Resources, Seconds);

    /// <summary>What offers are ranked by.</summary>
    public System.Numerics.BigInteger RankOf(Answer answer) => QuoteChoice.Rank(answer.ToQuote(), Wish.Resources, Seconds);

    /// <summary>All that who takes an offer agrees to pay, and when; for people.</summary>
    public string TermsOf(Answer answer)
    {
        var (terms, place) = (answer.Offer!.Terms, answer.From.Place);
        var arbiter = Wish.Arbiter.Length > 0 ? $"{Wish.Arbiter} rules in disputes" : "nobody rules in disputes";
        return $"{place.Provider} ({Printable.Line(place.Region)}): {Units.Show(LeaseSheet.PerHour(terms.Prices, Wish.Resources))} an hour at full load, {Units.Show(terms.StartFee)} to start, {Units.Show(terms.MinCharge)} at least, "
            + $"{Units.Show(terms.ReservationFee)} for giving it up before it runs; {Shown.Span(terms.NoticeSeconds)} notice; {Units.Show(answer.Deposit)} go into escrow{ReachOf(answer)}; "
            + $"a second of downtime is credited with {Shown.Percent(terms.DowntimeBps)} of the full rate, {arbiter}";
    }

    /// <summary>What has to be said where the deposit does not pay the whole term; empty where it does.</summary>
    public string ReachOf(Answer answer) => answer.LastsSeconds >= Seconds ? ""
        : $", which pay {Shown.Span(answer.LastsSeconds)} of {Shown.Span(Seconds)} at full load (--deposit {Units.Number(answer.WholeDeposit)} would pay all of it)";

    /// <summary>Why nothing can be taken, for people.</summary>
    public string Refusals()
    {
        if (Answers.Count == 0) return "The registry has no datacenter.";
        var said = Answers.Select(a => a.Offer is null
            ? $"  {a.From.Place.Provider}: {Printable.Line(a.Reason)}: {Printable.Line(a.Message)}"
            : $"  {a.From.Place.Provider}: {QuoteChoice.FaultOf(a.ToQuote(), Wish.Most, Wish.Resources) ?? "its offer is over"}");
        return $"No datacenter makes an offer that can be taken:\n{string.Join("\n", said)}";
    }
}

/// <summary><c>quote</c>: what it would cost, and where. Nothing is sent on chain; the wallet signs that it asks.</summary>
internal static class QuoteVerb
{
    public static Command Create(Surroundings here)
    {
        var flags = new WishFlags();
        var command = new Command("quote", "Ask the datacenters what a workload would cost; nothing is bought.");
        foreach (var option in flags.All) command.Options.Add(option);
        return command.Does(here, async call =>
        {
            var wish = flags.Read(call);
            using var purse = await Purse.OpenAsync(call);
            var asked = await flags.AskAsync(call, purse, wish);
            if (asked.Cheapest is not { } cheapest) throw new CliException(ExitCodes.Refused, asked.Refusals());
            foreach (var refused in asked.Answers.Where(a => a.Offer is null)) here.Error.Write($"{refused.From.Place.Provider}: {Printable.Line(refused.Reason)}: {Printable.Line(refused.Message)}\n");
            var offers = asked.Answers.Where(a => a.Offer is not null).OrderBy(a => !ReferenceEquals(a, cheapest)).ThenBy(asked.RankOf).ToArray();
            foreach (var dear in offers.Where(a => a.LastsSeconds < asked.Seconds)) here.Error.Write($"{dear.From.Place.Provider}: {asked.Units.Show(dear.Deposit)} would go into escrow{asked.ReachOf(dear)}\n");
            call.Write(new Sheet(
                "quote", [new("PROVIDER"), new("REGION"), new("PER HOUR"), new("TERM"), new("ESCROW"), new("NOTICE"), new("START FEE"), new("LEAST CHARGE"), new("RESERVATION FEE"), new("HOLDS FOR"), new("DOWNTIME CREDIT", IsWide: true)],
                [.. offers.Select(a => RowOf(asked, a))]));
        });
    }

    private static Row RowOf(Asked asked, Answer answer)
    {
        var (terms, units) = (answer.Offer!.Terms, asked.Units);
        var hour = LeaseSheet.PerHour(terms.Prices, asked.Wish.Resources);
        return new Row(
            answer.From.Place.Provider,
            new JsonObject
            {
                ["kind"] = "quote", ["provider"] = answer.From.Place.Provider, ["region"] = answer.From.Place.Region, ["token"] = asked.Token.ToString(), ["perHour"] = Shown.Text(hour),
                ["term"] = Shown.Text(asked.TermOf(answer)), ["durationSeconds"] = asked.Seconds, ["deposit"] = Shown.Text(answer.Deposit), ["lastsSeconds"] = answer.LastsSeconds, ["prices"] = LeaseSheet.Json(terms.Prices),
                ["startFee"] = Shown.Text(terms.StartFee), ["minCharge"] = Shown.Text(terms.MinCharge), ["reservationFee"] = Shown.Text(terms.ReservationFee), ["noticeSeconds"] = terms.NoticeSeconds,
                ["downtimeBps"] = terms.DowntimeBps, ["expiresAt"] = Shown.Time(answer.ExpiresAt), ["resources"] = LeaseSheet.Json(asked.Wish.Resources), ["specHash"] = asked.Wish.SpecHash,
            },
            answer.From.Place.Provider, Printable.Line(answer.From.Place.Region), units.Show(hour), units.Show(asked.TermOf(answer)), units.Show(answer.Deposit), Shown.Span(terms.NoticeSeconds),
            units.Show(terms.StartFee), units.Show(terms.MinCharge), units.Show(terms.ReservationFee), Shown.Span(answer.ExpiresAt - asked.Now), Shown.Percent(terms.DowntimeBps));
    }
}

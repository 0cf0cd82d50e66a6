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

    public Option<string> Timeout { get; } = new("--ask-timeout") { HelpName = "TIME", Description = "How long each datacenter may take to answer; 5s when left out." };

    public IReadOnlyList<Option> All => [File, Duration, Deposit, Region, Provider, Timeout];

    /// <summary>The manifest with the flags over it, and all that was answered.</summary>
    public async Task<Asked> AskAsync(Call call, Purse purse)
    {
        var chain = await call.ChainAsync();
        var wish = Read(call);
        var token = wish.Token.Length > 0 ? Address.Parse(wish.Token) : call.Settings.TokenOf(chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        if (call.Of(Deposit) is { Length: > 0 } deposit) wish = wish with { Deposit = units.Parse(deposit, "--deposit") };
        var seconds = call.Of(Duration) is { Length: > 0 } text ? Shown.Seconds(text, "--duration") : wish.DurationSeconds ?? 3_600;
        using var desk = new HttpQuoteDesk(call.Settings.CheckedGateways(), call.Here.Clock);
        var market = new Market(chain, call.Gateways, desk, purse.Orders, call.Here.Clock);
        var patience = TimeSpan.FromSeconds(Shown.Seconds(call.Of(Timeout) ?? "5s", "--ask-timeout"));
        var answers = await call.Progress.WhileAsync("Asking the datacenters…", _ => market.AskAsync(wish, token, seconds, patience, call.Cancellation));
        return new Asked(wish, token, units, seconds, answers, Math.Max(await chain.TimeAsync(call.Cancellation), call.Here.Clock.GetUtcNow().ToUnixTimeSeconds()));
    }

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
        return wish with { Placement = wish.Placement with { Regions = regions.Length > 0 ? regions : wish.Placement.Regions, Allow = providers.Length > 0 ? providers : wish.Placement.Allow } };
    }
}

/// <param name="Now">Unix seconds: what is over by then is no offer.</param>
internal sealed record Asked(Wish Wish, Address Token, TokenUnits Units, uint Seconds, IReadOnlyList<Answer> Answers, long Now)
{
    public Answer? Cheapest => Market.Choose(Answers, Wish, Seconds, Now);

    /// <summary>What the term costs at most.</summary>
    public System.Numerics.BigInteger TermOf(Answer answer) => QuoteChoice.Cost(answer.ToQuote(), Wish.Resources, Seconds);

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
            using var purse = await Purse.OpenAsync(call);
            var asked = await flags.AskAsync(call, purse);
            if (asked.Cheapest is not { } cheapest) throw new CliException(ExitCodes.Refused, asked.Refusals());
            foreach (var refused in asked.Answers.Where(a => a.Offer is null)) here.Error.Write($"{refused.From.Place.Provider}: {Printable.Line(refused.Reason)}: {Printable.Line(refused.Message)}\n");
            var offers = asked.Answers.Where(a => a.Offer is not null).OrderBy(a => !ReferenceEquals(a, cheapest)).ThenBy(asked.TermOf);
            call.Write(new Sheet(
                "quote", [new("PROVIDER"), new("REGION"), new("PER HOUR"), new("TERM"), new("ESCROW"), new("NOTICE"), new("HOLDS FOR"), new("START FEE", IsWide: true), new("LEAST CHARGE", IsWide: true)],
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
                ["term"] = Shown.Text(asked.TermOf(answer)), ["durationSeconds"] = asked.Seconds, ["deposit"] = Shown.Text(answer.Deposit), ["prices"] = LeaseSheet.Json(terms.Prices),
                ["startFee"] = Shown.Text(terms.StartFee), ["minCharge"] = Shown.Text(terms.MinCharge), ["reservationFee"] = Shown.Text(terms.ReservationFee), ["noticeSeconds"] = terms.NoticeSeconds,
                ["expiresAt"] = Shown.Time(terms.ExpiresAt), ["resources"] = LeaseSheet.Json(asked.Wish.Resources), ["specHash"] = asked.Wish.SpecHash,
            },
            answer.From.Place.Provider, Printable.Line(answer.From.Place.Region), units.Show(hour), units.Show(asked.TermOf(answer)), units.Show(answer.Deposit), Shown.Span(terms.NoticeSeconds),
            Shown.Span(terms.ExpiresAt - asked.Now), units.Show(terms.StartFee), units.Show(terms.MinCharge));
    }
}

using System.Globalization;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;

namespace Federation.Application.Reconciling;

/// <summary>Whether the operator can send what leases will need: else it promises none.</summary>
internal static class SenderRules
{
    public const string SignerReady = nameof(SignerReady);
    public const string WalletFunded = nameof(WalletFunded);
    public const string JournalReadable = nameof(JournalReadable);

    public static LeaseCondition[] Conditions(SenderStanding sender) =>
    [
        sender.SignerProblem is { } problem
            ? new LeaseCondition(SignerReady, ConditionStatus.False, QuoteReasons.SignerUnavailable, problem)
            : new LeaseCondition(SignerReady, ConditionStatus.True, "Signing", $"The key of {sender.Address} signs."),
        sender is not { Balance: { } balance, Needed: { } needed }
            ? new LeaseCondition(WalletFunded, ConditionStatus.Unknown, "ChainUnavailable", $"The ether of {sender.Address} cannot be read now.")
            : balance >= needed
                ? new LeaseCondition(WalletFunded, ConditionStatus.True, "Funded", $"{sender.Address} has ether for gas.")
                : new LeaseCondition(WalletFunded, ConditionStatus.False, QuoteReasons.WalletEmpty, Empty(sender.Address, balance)),
        sender.JournalProblem is { } unread
            ? new LeaseCondition(JournalReadable, ConditionStatus.False, QuoteReasons.JournalUnreadable, $"Nothing is sent beside what cannot be read: {unread}")
            : new LeaseCondition(JournalReadable, ConditionStatus.True, "Reading", "What was sent before is known."),
    ];

    /// <summary>Why nothing new is promised; null when something may be, or nothing is known.</summary>
    public static QuoteRefusal? Refusal(SenderStanding sender) => sender switch
    {
        { SignerProblem: not null } => new QuoteRefusal(QuoteReasons.SignerUnavailable, "This datacenter cannot sign now; ask another one, or this one later."),
        { JournalProblem: not null } => new QuoteRefusal(QuoteReasons.JournalUnreadable, "This datacenter cannot send transactions now; ask another one, or this one later."),
        { Balance: { } balance, Needed: { } needed } when balance < needed =>
            new QuoteRefusal(QuoteReasons.WalletEmpty, "This datacenter cannot pay for its transactions now; ask another one, or this one later."),
        _ => null,
    };

    // What is needed moves with every block and is not said: a message that moves is a write.
    private static string Empty(string address, BigInteger wei) =>
        $"{address} has {Ether(wei)} ether, less than one full settlement costs now. Send ether to it; what is owed on chain is sent then, by itself.";

    private static string Ether(BigInteger wei) => ((decimal)(wei / BigInteger.Pow(10, 14)) / 10_000).ToString("0.0000", CultureInfo.InvariantCulture);
}

/// <param name="Reason">One of <see cref="QuoteReasons"/>.</param>
/// <param name="Message">For who asked.</param>
public sealed record QuoteRefusal(string Reason, string Message);

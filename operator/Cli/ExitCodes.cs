namespace Federation.Cli;

/// <summary>How the program ends. Scripts rely on these: none is ever given another meaning.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Refused = 3;
    public const int Timeout = 4;
    public const int Underfunded = 5;
    public const int ChainUnreachable = 6;
    public const int GatewayUnreachable = 7;
    public const int NotFound = 8;
    public const int WalletUnusable = 9;
    public const int KubectlMissing = 10;
    public const int EvidenceDiffers = 11;
    public const int Interrupted = 130;

    /// <summary>All of them, for people.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "It is done."),
        (Failed, "It failed in a way that has no code of its own."),
        (Usage, "The command line or the settings are wrong; nothing was sent."),
        (Refused, "A datacenter or a contract said no, or nobody offered; the reason is in the message."),
        (Timeout, "What was waited for did not come in time; it may still come."),
        (Underfunded, "The wallet lacks tokens, leave for the Vault to pull them, or ether for gas."),
        (ChainUnreachable, "No node of the chain answers, or it is another chain."),
        (GatewayUnreachable, "The datacenter's gateway does not answer."),
        (NotFound, "There is no such lease, datacenter or object."),
        (WalletUnusable, "The keystore does not open, or the remote signer does not sign."),
        (KubectlMissing, "kubectl is not on PATH."),
        (EvidenceDiffers, "The evidence does not show what was settled: do not accept the invoice."),
        (Interrupted, "It was interrupted."),
    ];
}

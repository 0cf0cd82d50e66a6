namespace Federation.Cli;

/// <summary>Why a command ends without having done its work; the message is for people, and says what to do.</summary>
/// <param name="code">Of <see cref="ExitCodes"/>.</param>
internal sealed class CliException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;

    /// <summary>Something came first, or too much time went by: what a datacenter signed is void, and asked for again it may well go.</summary>
    public bool IsOvertaken { get; init; }
}

namespace Federation.Gateway.Wire;

/// <summary>Why something is refused: RFC 9457, with the reason that conditions and clients use.</summary>
/// <param name="Reason">CamelCase, stable.</param>
/// <param name="Path">JSON path of the faulty member; empty when it is about the whole.</param>
internal sealed record Refusal(string Type, string Title, int Status, string Reason, string Message, string Path)
{
    public const string ContentType = "application/problem+json";

    public static Refusal Of(int status, string reason, string message, string path = "") =>
        new("about:blank", reason, status, reason, message, path);
}

namespace Federation.Host.Options;

/// <summary>What a line of the log looks like.</summary>
public sealed class LogSection
{
    public const string Text = "text";
    public const string Json = "json";

    /// <summary><c>text</c>: a sentence a line, for people. <c>json</c>: an object a line, for who collects logs; each that is about a lease has its id in <c>Scopes</c> or <c>State</c> as <c>Lease</c>.</summary>
    public string Format { get; set; } = Text;

    public IEnumerable<string> Faults()
    {
        if (Format is not (Text or Json)) yield return $"Log:Format '{Format}' must be {Text} or {Json}.";
    }
}

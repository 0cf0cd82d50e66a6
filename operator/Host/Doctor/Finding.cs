namespace Federation.Host.Doctor;

internal enum Verdict
{
    Good,

    /// <summary>Nothing to mend, or nothing that stops this datacenter.</summary>
    Note,

    Bad,
}

/// <summary>One line of the doctor's.</summary>
/// <param name="Check">What was looked at, in a word or two.</param>
/// <param name="Text">What was found; when it is bad, also what mends it.</param>
internal sealed record Finding(Verdict Verdict, string Check, string Text)
{
    public static Finding Good(string check, string text) => new(Verdict.Good, check, text);

    public static Finding Note(string check, string text) => new(Verdict.Note, check, text);

    public static Finding Bad(string check, string text) => new(Verdict.Bad, check, text);

    public override string ToString() => $"{Verdict switch { Verdict.Good => "ok  ", Verdict.Note => "note", _ => "FAIL" }}  {Check}: {Text}";
}

/// <summary>A look at one thing; it may answer with several lines.</summary>
/// <param name="Fix">What mends it when it gives no answer.</param>
internal sealed record Look(string Check, string Fix, Func<CancellationToken, Task<IReadOnlyList<Finding>>> RunAsync)
{
    public static Look At(string check, string fix, Func<CancellationToken, Task<Finding>> run) => new(check, fix, async cancellation => [await run(cancellation)]);
}

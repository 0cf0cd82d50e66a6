namespace Federation.Harness;

/// <summary>Something the user can put right. The message says what is wrong and what to do; it is printed without a stack trace.</summary>
public sealed class HarnessException : Exception
{
    public HarnessException() { }

    public HarnessException(string message) : base(message) { }

    public HarnessException(string message, Exception inner) : base(message, inner) { }
}

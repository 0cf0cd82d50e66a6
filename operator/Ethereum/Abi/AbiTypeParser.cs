using System.Globalization;

namespace Federation.Ethereum.Abi;

/// <summary>
/// Recursive descent over the human-readable form: <c>type := name | name? '(' parameters ')'</c>, then array suffixes.
/// The name before a parenthesis is the struct's; <c>tuple</c> means an anonymous one.
/// </summary>
internal ref struct AbiTypeParser
{
    private const int MaxDepth = 32;
    private const int MaxLength = 1 << 16;
    private readonly ReadOnlySpan<char> text;
    private int at;
    private int depth;

    public AbiTypeParser(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
            throw new AbiException("the type text is longer than 65536 characters");
        this.text = text;
    }

    public readonly bool AtEnd => at >= text.Length;

    public static AbiType ParseType(string text)
    {
        var parser = new AbiTypeParser(text);
        var type = parser.Type();
        parser.ExpectEnd();
        return type;
    }

    /// <summary>The type with the array suffixes in the text, such as <c>[2][]</c>.</summary>
    public static AbiType WithSuffixes(AbiType type, string suffixes)
    {
        var parser = new AbiTypeParser(suffixes);
        var result = parser.Suffixes(type);
        parser.ExpectEnd();
        return result;
    }

    public AbiType Type()
    {
        if (++depth > MaxDepth)
            throw new AbiException($"types nest deeper than {MaxDepth}");
        SkipSpace();
        var name = Word();
        AbiType type;
        if (Peek() == '(')
            type = AbiType.TupleOf(Parameters(), name is "" or "tuple" ? null : name);
        else
            type = Elementary(name);
        return Suffixes(type);
    }

    public IReadOnlyList<AbiParameter> Parameters()
    {
        var result = new List<AbiParameter>();
        Expect('(');
        if (Accept(')'))
            return result;
        do
        {
            var before = depth;
            var type = Type();
            depth = before;
            SkipSpace();
            var name = Word();
            SkipSpace();
            var indexed = name == "indexed";
            if (indexed)
                name = Word();
            result.Add(new AbiParameter(name, type, indexed));
        }
        while (Accept(','));
        Expect(')');
        return result;
    }

    public string Word()
    {
        SkipSpace();
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '$' or '.'))
            at++;
        return text[start..at].ToString();
    }

    public readonly void ExpectEnd()
    {
        if (!text[at..].IsWhiteSpace())
            throw Unexpected("the end");
    }

    public void SkipSpace()
    {
        while (at < text.Length && text[at] == ' ')
            at++;
    }

    private AbiType Suffixes(AbiType type)
    {
        while (Accept('['))
        {
            if (++depth > MaxDepth)
                throw new AbiException($"types nest deeper than {MaxDepth}");
            var count = Word();
            type = count.Length == 0 ? AbiType.ArrayOf(type) : AbiType.FixedArrayOf(type, Number(count));
            Expect(']');
        }
        return type;
    }

    internal static AbiType Elementary(string name) => name switch
    {
        "address" => AbiType.Simple(AbiKind.Address),
        "bool" => AbiType.Simple(AbiKind.Bool),
        "bytes" => AbiType.Simple(AbiKind.Bytes),
        "string" => AbiType.Simple(AbiKind.String),
        "uint" => AbiType.Integer(signed: false, 256),
        "int" => AbiType.Integer(signed: true, 256),
        "function" => AbiType.FixedBytes(24, "function"),
        _ when name.StartsWith("uint", StringComparison.Ordinal) => AbiType.Integer(signed: false, Number(name[4..])),
        _ when name.StartsWith("int", StringComparison.Ordinal) => AbiType.Integer(signed: true, Number(name[3..])),
        _ when name.StartsWith("bytes", StringComparison.Ordinal) => AbiType.FixedBytes(Number(name[5..])),
        _ => throw new AbiException($"'{name}' is no ABI type"),
    };

    private static int Number(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && digits[0] != '0'
            ? value
            : throw new AbiException($"'{digits}' is no size");

    private char Peek()
    {
        SkipSpace();
        return at < text.Length ? text[at] : '\0';
    }

    private bool Accept(char c)
    {
        if (Peek() != c)
            return false;
        at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Accept(c))
            throw Unexpected($"'{c}'");
    }

    private readonly AbiException Unexpected(string wanted) =>
        new($"{wanted} expected at position {at} of '{text}'");
}

using System.Text;

namespace Federation.Testing.Pages;

/// <summary>Finds the commands of one program in what a page has people type. It knows of the shell what pages use: quotes, comments, pipes, substitutions, lines that go on.</summary>
public static class ShellWords
{
    /// <returns>The words behind <paramref name="program"/> of each call of it, up to where the shell ends the command; variables stand as they are written.</returns>
    public static IEnumerable<string[]> CallsOf(string program, string script)
    {
        foreach (var line in script.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
            for (var at = line.IndexOf(program + " ", StringComparison.Ordinal); at >= 0; at = line.IndexOf(program + " ", at + 1, StringComparison.Ordinal))
                if (!IsComment(line, at))
                    yield return [.. WordsOf(line[(at + program.Length)..])];
    }

    private static bool IsComment(string line, int at) => line.TrimStart().StartsWith('#') || line[..at].Contains(" #", StringComparison.Ordinal);

    private static List<string> WordsOf(string text)
    {
        var (words, word, quote) = (new List<string>(), new StringBuilder(), '\0');
        var isWord = false;
        foreach (var c in text)
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '\'' or '"')
            {
                (quote, isWord) = (c, true);
            }
            else if (char.IsWhiteSpace(c))
            {
                End();
            }
            else if (c is '|' or ';' or '&' or ')' or '>' or '<' || (c == '#' && !isWord))
            {
                break;
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        End();
        return words;

        void End()
        {
            if (isWord) words.Add(word.ToString());
            word.Clear();
            isWord = false;
        }
    }
}

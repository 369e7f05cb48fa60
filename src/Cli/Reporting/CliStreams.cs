using System.IO;
using System.Text;

namespace Doppel.Cli.Reporting;

/// <summary>
/// The outside of a command: data goes to <see cref="Out"/>, messages to <see cref="Error"/>. Not System.Console, whose set-up of
/// encodings and terminal would be a good part of a short command's time, and which hides that a pipe was closed.
/// </summary>
internal sealed class CliStreams
{
    internal CliStreams(TextWriter output, TextWriter error)
    {
        Out = output;
        Error = error;
    }

    /// <summary>Data.</summary>
    internal TextWriter Out { get; }

    /// <summary>Messages for people.</summary>
    internal TextWriter Error { get; }

    /// <summary>Standard output and error of the process.</summary>
    internal static CliStreams OfProcess() => new(Writer(1, autoFlush: false), Writer(2, autoFlush: true));

    /// <summary>One line for people.</summary>
    internal void Say(string line) => Report($"doppel: {line}\n");

    /// <summary>Text for standard error, its line ends included.</summary>
    internal void Report(string text)
    {
        try
        {
            Error.Write(text);
        }
        catch (IOException)
        {
            // Nobody reads messages any more; that is no reason to end.
        }
    }

    private static StreamWriter Writer(int descriptor, bool autoFlush)
    {
        return new StreamWriter(new DescriptorStream(descriptor), new UTF8Encoding(false)) { AutoFlush = autoFlush, NewLine = "\n" };
    }
}

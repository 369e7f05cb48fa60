using System;
using System.IO;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Tests;

/// <summary>Runs a command line through the real entry point and keeps what it wrote.</summary>
internal sealed record InProcess(int Code, string Output, string Error)
{
    internal static InProcess Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Program.Run(args, new CliStreams(output, error));
        return new InProcess(code, output.ToString(), error.ToString());
    }

    /// <summary>Asserts what every mistake looks like: nothing on standard output, one line on standard error, no stack trace.</summary>
    internal void IsOneLine(int code, params string[] words)
    {
        Assert.Equal(string.Empty, Output);
        Assert.StartsWith("doppel: ", Error, StringComparison.Ordinal);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n', StringComparison.Ordinal));
        foreach (string word in words)
        {
            Assert.Contains(word, Error, StringComparison.Ordinal);
        }

        Assert.Equal(code, Code);
    }

    /// <summary>Asserts that the run ended with a code and said so, after the line that names the engine.</summary>
    internal void IsRefused(int code, params string[] words)
    {
        foreach (string word in words)
        {
            Assert.Contains(word, Error, StringComparison.Ordinal);
        }

        Assert.Equal(code, Code);
    }
}

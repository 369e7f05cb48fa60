using System;
using System.IO;
using Doppel.Host;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Backends.Character;

/// <summary>Output to a file that is created, or emptied if it exists. Writing never throws (a full disk is remembered). Any thread.</summary>
public sealed class FileOutput : ICharacterBackend
{
    private readonly SafeFileHandle _file;
    private readonly StreamOutput _output;

    /// <summary>Opens the file.</summary>
    /// <exception cref="HostException">It cannot be made; the message says why.</exception>
    public FileOutput(string path)
    {
        try
        {
            _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new HostException($"cannot create '{path}': {Reason(error)}; name another file");
        }

        _output = new StreamOutput((int)_file.DangerousGetHandle(), $"'{path}'", bufferBytes: 16384);
    }

    /// <summary>What went wrong first while writing, or null.</summary>
    public HostException? Failure => _output.Failure;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <inheritdoc/>
    public void Flush() => _output.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _file.Dispose();
    }

    private static string Reason(Exception error) => error switch
    {
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException => "no permission, or it is a folder",
        PathTooLongException => "the name is too long",
        ArgumentException => "not a file name",
        _ => error.Message.ReplaceLineEndings(" "),
    };
}

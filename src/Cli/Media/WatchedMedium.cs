using System;
using Doppel.Backends;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Media;

/// <summary>Tells the person, once, that the host fails to read or write an image; the guest sees the errors of a drive.</summary>
internal sealed class WatchedMedium(IBlockBackend inner, Action<string> say) : IBlockBackend
{
    private bool _isTold;

    public long LengthBytes => inner.LengthBytes;

    public bool IsReadOnly => inner.IsReadOnly;

    public string Description => inner.Description;

    public BlockStatus Read(long offset, Span<byte> to) => Watch(inner.Read(offset, to));

    public BlockStatus Write(long offset, ReadOnlySpan<byte> from) => Watch(inner.Write(offset, from));

    public BlockStatus Flush() => Watch(inner.Flush());

    public void Dispose() => inner.Dispose();

    private BlockStatus Watch(BlockStatus status)
    {
        if (status is BlockStatus.NoSpace or BlockStatus.Failed && !_isTold)
        {
            _isTold = true;
            say(status == BlockStatus.NoSpace
                ? $"{Printable.Line(Description)}: the host has no room left; the guest sees write errors until there is some"
                : $"{Printable.Line(Description)}: the host cannot read or write it; the guest sees the errors of a drive");
        }

        return status;
    }
}

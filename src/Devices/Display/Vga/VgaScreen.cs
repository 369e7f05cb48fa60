using System;
using Doppel.Backends;
using Doppel.Memory;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// The pictures of a <see cref="StandardVga"/>, as a monitor shows them: doubled lines and dots included, DISPI modes pixel for pixel. One for each
/// adapter, whose dirty marks it collects. What nobody wrote is not drawn again.
/// </summary>
public sealed class VgaScreen : IScreen
{
    private const int PageShift = 12;

    private readonly VgaChip _chip;
    private readonly DirtyLog _log;
    private readonly DirtyBitmap _dirty;
    private readonly VgaPalette _palette = new();
    private readonly VgaTextPicture _text = new();
    private VgaFrame _last;
    private uint[] _line = [];

    /// <summary>The screen of <paramref name="adapter"/>.</summary>
    public VgaScreen(StandardVga adapter)
    {
        _chip = adapter.Chip;
        _log = new DirtyLog(_chip.Memory);
        _dirty = _log.NewBitmap();
    }

    /// <inheritdoc/>
    public ScreenArea Update(ScreenPicture picture, bool all)
    {
        VgaFrame frame = VgaFrame.Of(_chip);
        _dirty.Clear();
        _log.CollectAndClear(_dirty);
        bool isWritten = _dirty.NextSet(0) >= 0;
        bool isResized = picture.Width != frame.Width || picture.Height != frame.Height;
        picture.Resize(frame.Width, frame.Height);
        all |= _palette.Refresh(_chip.Registers) | isResized | frame.Kind != _last.Kind;
        bool isChanged = frame != _last;
        _last = frame;
        if (!all && !isWritten && !isChanged)
        {
            return default;
        }

        ScreenArea changed = default;
        switch (frame.Kind)
        {
            case VgaKind.Blank:
                if (all)
                {
                    picture.Pixels.Clear();
                }

                break;
            case VgaKind.Text:
                changed = _text.Draw(picture, frame, _palette, Planes(frame), all);
                break;
            case VgaKind.Linear:
                changed = DrawLinear(picture, frame, all | isChanged);
                break;
            default:
                changed = DrawGraphics(picture, frame, all | isChanged);
                break;
        }

        return all ? new ScreenArea(0, 0, frame.Width, frame.Height) : changed;
    }

    /// <inheritdoc/>
    public TextScreen? ReadText()
    {
        VgaFrame frame = VgaFrame.Of(_chip);
        return frame.Kind == VgaKind.Text ? VgaTextPicture.Read(frame, Planes(frame)) : null;
    }

    private ReadOnlySpan<byte> Planes(in VgaFrame frame) => _chip.Memory.Read(0, (frame.AddressMask + 1) * 4);

    private ScreenArea DrawLinear(ScreenPicture picture, in VgaFrame frame, bool all)
    {
        ScreenArea changed = default;
        int lineBytes = frame.Width * LinearLines.PixelBytes(frame.Bits);
        Span<uint> line = Line(frame.Width);
        for (int y = 0; y < frame.Height; y++)
        {
            long at = frame.StartBytes + ((long)y * frame.PitchBytes);
            if (at + lineBytes > _chip.Memory.LengthBytes)
            {
                break;
            }

            if (all || IsDirty(at, lineBytes))
            {
                LinearLines.Draw(frame.Bits, frame.IsBigEndian, _chip.Memory.Read(at, lineBytes), _palette.Colours, line);
                changed = changed.Union(Put(picture, y, line));
            }
        }

        return changed;
    }

    private ScreenArea DrawGraphics(ScreenPicture picture, in VgaFrame frame, bool all)
    {
        ScreenArea changed = default;
        ReadOnlySpan<byte> planes = Planes(frame);
        int columns = frame.Columns + (frame.Pan > 0 ? 1 : 0);
        Span<uint> line = Line(columns * 8 * frame.DotWidth);
        VgaLines lines = new(frame);
        VgaLine drawn = new(-1, 0, false, false);
        for (int y = 0; y < frame.Height; y++)
        {
            VgaLine next = lines.Next();
            if (!all && !IsDirty(frame, next.Counter, columns))
            {
                continue;
            }

            if (next.Counter != drawn.Counter || next.RowLine != drawn.RowLine)
            {
                VgaGraphicsLines.Draw(frame, next, columns, planes, _palette, line);
                drawn = next;
            }

            int pan = next.IsLower && !frame.PanLower ? 0 : frame.Pan * frame.DotWidth;
            changed = changed.Union(Put(picture, y, line.Slice(pan, frame.Width)));
        }

        return changed;
    }

    private bool IsDirty(in VgaFrame frame, int counter, int columns)
    {
        // Other counting scatters a line over the memory, of which there is little then.
        bool isStraight = frame.Addressing == VgaAddressing.Byte && !frame.Row0ToA13 && !frame.Row1ToA14 && counter + columns <= frame.AddressMask;
        return !isStraight || IsDirty((long)counter * 4, columns * 4);
    }

    private bool IsDirty(long at, int length)
    {
        long next = _dirty.NextSet(at >> PageShift);
        return next >= 0 && next <= (at + length - 1) >> PageShift;
    }

    private Span<uint> Line(int length)
    {
        if (_line.Length < length)
        {
            _line = new uint[length];
        }

        return _line.AsSpan(0, length);
    }

    // Copies a line and says which part of it differed.
    private static ScreenArea Put(ScreenPicture picture, int y, ReadOnlySpan<uint> line)
    {
        Span<uint> row = picture.Row(y);
        int first = line.CommonPrefixLength(row);
        if (first == line.Length)
        {
            return default;
        }

        int last = line.Length - 1;
        while (line[last] == row[last])
        {
            last--;
        }

        line[first..(last + 1)].CopyTo(row[first..]);
        return new ScreenArea(first, y, last - first + 1, 1);
    }
}

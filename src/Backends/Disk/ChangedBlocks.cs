using System.Numerics;

namespace Doppel.Backends.Disk;

/// <summary>Which blocks of a disk were changed: a bit a block, allocated by the gibibyte as needed. One thread.</summary>
internal sealed class ChangedBlocks
{
    /// <summary>Bytes a block.</summary>
    public const int BlockBytes = 4096;

    private const int WordsPerPart = 4096;
    private const int BlocksPerPart = WordsPerPart * 64;

    private readonly long _blocks;
    private readonly ulong[]?[] _parts;

    /// <summary>No block of a disk of <paramref name="lengthBytes"/> is changed.</summary>
    public ChangedBlocks(long lengthBytes)
    {
        _blocks = (lengthBytes / BlockBytes) + (lengthBytes % BlockBytes != 0 ? 1 : 0);
        _parts = new ulong[]?[(_blocks + BlocksPerPart - 1) / BlocksPerPart];
    }

    /// <summary>How many are changed.</summary>
    public long Count { get; private set; }

    /// <summary>Whether block <paramref name="number"/>, which the disk has, is changed.</summary>
    public bool this[long number] =>
        _parts[number / BlocksPerPart] is { } part && (part[number % BlocksPerPart / 64] >> (int)(number % 64) & 1) != 0;

    /// <summary>Marks a block.</summary>
    public void Add(long number)
    {
        ref ulong word = ref (_parts[number / BlocksPerPart] ??= new ulong[WordsPerPart])[number % BlocksPerPart / 64];
        ulong bit = 1UL << (int)(number % 64);
        Count += (word & bit) == 0 ? 1 : 0;
        word |= bit;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        System.Array.Clear(_parts);
        Count = 0;
    }

    /// <summary>The first run of changed blocks at or after <paramref name="from"/>, at most <paramref name="longest"/> of them. False: none comes any more.</summary>
    public bool NextRun(long from, int longest, out long start, out int length)
    {
        start = First(from);
        length = 0;
        while (length < longest && start + length < _blocks && this[start + length])
        {
            length++;
        }

        return length > 0;
    }

    private long First(long from)
    {
        for (long at = from; at < _blocks;)
        {
            ulong word = 0;
            if (_parts[at / BlocksPerPart] is { } part)
            {
                word = part[at % BlocksPerPart / 64] >> (int)(at % 64);
                if (word != 0)
                {
                    return at + BitOperations.TrailingZeroCount(word);
                }

                at = (at & ~63L) + 64;
            }
            else
            {
                at = ((at / BlocksPerPart) + 1) * BlocksPerPart;
            }
        }

        return _blocks;
    }
}

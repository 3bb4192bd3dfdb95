# frozen_string_literal: true

require "fileutils"

# Archives of files that a user chose.
module BackupBundle
  class Error < StandardError; end

  def self.pack(folder, names, target)
    raise ArgumentError, "nothing to pack" if names.empty?

    # Names have what users type: spaces, apostrophes, parentheses.
    list = names.map { |name| name.gsub(/[ '"()&]/) { |it| "\\#{it}" } }.join(" ")
    done = system("tar -czf \"#{target}\" -C \"#{folder}\" -- #{list} 2>/dev/null")
    return names.size if done

    FileUtils.rm_f(target)
    raise Error, "tar failed"
  end

  def self.entries(archive)
    output = `tar -tzf "#{archive}" --quoting-style=literal 2>/dev/null`
    raise Error, "no archive" unless $?.success?

    output.force_encoding(Encoding::UTF_8).lines(chomp: true)
  end
end

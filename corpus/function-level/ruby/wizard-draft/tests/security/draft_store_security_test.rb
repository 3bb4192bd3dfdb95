# frozen_string_literal: true

require "minitest/autorun"
require "base64"
require "date"
require "json"
require "securerandom"
require "yaml"
require_relative "../../lib/wizard/draft_store"

# A class of the program whose objects do something when they are restored.
class RestoredJob
  class << self
    attr_accessor :runs
  end

  def marshal_dump = "x"
  def marshal_load(_) = RestoredJob.runs += 1
  def init_with(_) = RestoredJob.runs += 1
  def self.json_create(_) = (RestoredJob.runs += 1)
  def self._load(_) = (RestoredJob.runs += 1)
end

class DraftStoreSecurityTest < Minitest::Test
  def setup
    RestoredJob.runs = 0
    @mark = "/tmp/mark#{SecureRandom.hex(8)}"
  end

  def load(bytes)
    Wizard::DraftStore.load(Base64.urlsafe_encode64(bytes, padding: false))
  rescue Wizard::InvalidDraft
    # Refused, as it should be; what counts is what happened before.
  end

  def draft(value)
    Wizard::Draft.new(form: "parking", step: 1, started_on: Date.new(2026, 3, 1), answers: { job: value })
  end

  # The content of a real token, with one text of it exchanged.
  def forged(value)
    token = Wizard::DraftStore.dump(draft("the-place-of-the-text"))
    Base64.urlsafe_decode64(token).b.sub("the-place-of-the-text".b, value.b)
  end

  def test_a_marshalled_object_is_not_made
    load(Marshal.dump(RestoredJob.new))
    load(Marshal.dump(draft(RestoredJob.new)))
    load(Marshal.dump(draft(RestoredJob.new).to_h))
    assert_equal 0, RestoredJob.runs, "an object of the token's choice was made"
  end

  def test_an_object_of_yaml_is_not_made
    load("--- !ruby/object:RestoredJob {}\n")
    load("---\nform: parking\nstep: 1\nanswers: !ruby/object:RestoredJob {}\n")
    load("---\n:form: parking\n:step: 1\n:answers:\n  :job: !ruby/object:RestoredJob {}\n")
    load("--- !ruby/struct:Wizard::Draft\nform: parking\nstep: 1\nanswers:\n  :job: !ruby/object:RestoredJob {}\n")
    assert_equal 0, RestoredJob.runs, "an object of the token's choice was made"
  end

  def test_an_object_of_json_is_not_made
    load('{"json_class":"RestoredJob"}')
    load('{"form":"parking","step":1,"started_on":"2026-03-01","answers":{"job":{"json_class":"RestoredJob"}}}')
    load('["parking",1,"2026-03-01",{"json_class":"RestoredJob"}]')
    load(JSON.generate([{ "json_class" => "RestoredJob" }]))
    assert_equal 0, RestoredJob.runs, "an object of the token's choice was made"
  end

  def test_a_text_that_is_exchanged_in_a_token_is_no_code
    ["\#{File.write('#{@mark}', '')}", "\"+File.write('#{@mark}','').to_s+\"", "`touch #{@mark}`"].each do |text|
      load(forged(text))
    end
    ["File.write('#{@mark}', '')", "system('touch #{@mark}')"].each { |text| load(text) }
    refute_path_exists @mark
  end
end

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on

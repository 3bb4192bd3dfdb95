# frozen_string_literal: true

require "base64"
require "yaml"
require_relative "draft"

module Wizard
  # Drafts as tokens, in a form that people can read.
  module DraftStore
    def self.dump(draft)
      Base64.urlsafe_encode64(YAML.dump(draft), padding: false)
    end

    def self.load(token)
      text = Base64.urlsafe_decode64(token).force_encoding("UTF-8")
      draft = YAML.unsafe_load(text)
      unless draft.is_a?(Draft) && draft.answers.is_a?(Hash) && text.end_with?("\n")
        raise InvalidDraft, "no draft"
      end

      draft
    rescue Psych::Exception, ArgumentError, EncodingError => e
      raise InvalidDraft, e.message
    end
  end
end

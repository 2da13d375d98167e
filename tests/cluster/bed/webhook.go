package main

import (
	"encoding/json"
	"net/http"
)

// denial is what the admission webhook answers, whatever it is asked.
const denial = "image busybox:1.36 is not signed by the release team"

// serveWebhook refuses every object that the API server asks about (admission.k8s.io/v1).
func serveWebhook(address, certificate, key string) error {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Request struct {
				UID string `json:"uid"`
			} `json:"request"`
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(object{
			"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
			"response": object{
				"uid": review.Request.UID, "allowed": false,
				"status": object{"code": http.StatusForbidden, "message": denial},
			},
		})
	})
	return http.ListenAndServeTLS(address, certificate, key, handler)
}

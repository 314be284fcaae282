"""What the engine refuses most often on pages, in Korean; engine_korean.py explains the form."""

REFUSALS: tuple[tuple[str, str], ...] = (
    ("{} has changed since {} was trained on it, so its figures would not be comparable. Restore "
     "the data, or train again.",
     "{}은(는) {}을(를) 학습한 뒤에 바뀌었으므로 결과를 비교할 수 없습니다. 데이터를 되돌리거나 "
     "다시 학습해 주세요."),
    ("{} does not exist. Did you mean {}? A source is a folder, a file, an archive, or one of the "
     "known names {}.",
     "{}이(가) 없습니다. {}을(를) 찾으셨나요? 폴더, 파일, 압축 파일의 경로나 알려진 이름({})을 "
     "쓸 수 있습니다."),
    ("{} does not exist. A source is a folder, a file, an archive, or one of the known names {}.",
     "{}이(가) 없습니다. 폴더, 파일, 압축 파일의 경로나 알려진 이름({})을 쓸 수 있습니다."),
    ("{} does not exist.", "{}이(가) 없습니다."),
    ("There is no Grad-CAM: the network has no convolution over positions.",
     "위치를 따라 움직이는 합성곱 층이 없는 신경망이므로 Grad-CAM은 없습니다."),
    ("The regions that decided are computed by captum, which is not installed: {}.",
     "답을 정한 부분은 captum으로 계산하는데, captum이 설치되어 있지 않습니다: {}."),
    ("The process that looked into {} has ended. Load the page again.",
     "{}을(를) 살펴보던 프로세스가 끝났습니다. 페이지를 다시 열어 주세요."),
    ("{} is no run any more.", "{}은(는) 더는 실행 폴더가 아닙니다."),
    ("There is no item {}; the data hold {} to {}.",
     "항목 {}은(는) 없습니다. 데이터에는 {}부터 {}까지 있습니다."),
    ("{} is running; wait until it ends, or stop it.",
     "{}을(를) 실행하고 있습니다. 끝날 때까지 기다리거나 멈춰 주세요."),
    ("Interrupted.", "중단했습니다."),
    ("There is no run called '{}'.", "‘{}’(이)라는 실행이 없습니다."),
    ("The file is larger than {} MB; give a smaller one.",
     "파일이 {} MB보다 큽니다. 더 작은 파일을 넣어 주세요."),
    ("The file is empty; give one with a picture, a sentence or a game.",
     "빈 파일입니다. 그림, 문장, 기보가 든 파일을 넣어 주세요."),
)  # fmt: skip
